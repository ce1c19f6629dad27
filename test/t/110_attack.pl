# What a login can do to other sessions, or to the next user of its own: hold
# locks, become others, leave cursors behind, take more than it is given.
use strict;
use warnings;
use Platform;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('attack');
Platform::init($node);
$node->start;
$node->safe_psql('postgres', q{
	SELECT rui.create_company('acme', 'Acme', 'Li');
	INSERT INTO rui.project (company_id, code, name) VALUES (1, 'one', 'One'), (1, 'two', 'Two');
	INSERT INTO rui.party (company_id, code, name) VALUES (1, 'a', 'A'), (1, 'b', 'B');
	INSERT INTO rui.membership (project_id, party_id, role_code, valid)
	SELECT j.id, p.id, 'manager', '[2020-01-01,)' FROM rui.project j JOIN rui.party p ON (j.code, p.code) IN (('one', 'a'), ('two', 'b'));
	CREATE ROLE mallory LOGIN IN ROLE rui_manager;
	CREATE ROLE pool LOGIN IN ROLE rui_manager;
	CREATE ROLE worker LOGIN IN ROLE rui_gateway, rui_resident;
	GRANT SET ON PARAMETER rui.party_id TO pool;
	INSERT INTO rui.login (login, party_id) SELECT 'mallory', id FROM rui.party WHERE code = 'a';
});
my %party = map { $_ => $node->safe_psql('postgres', "SELECT id FROM rui.party WHERE code = '$_'") } qw(a b);

# What comes of statements in one session of a login: output and errors.
sub session
{
	my ($user, @statements) = @_;
	my ($out, $err) = ('', '');
	$node->psql('postgres', join("\n", map { "$_;" } @statements), stdout => \$out, stderr => \$err,
		on_error_stop => 0, extra_params => [ '-U', $user ]);
	return ($out, $err);
}

# Becoming others, by real logins.
for my $role (qw(rui_owner rui_api rui_auditor rui_gateway postgres worker))
{
	my ($out, $err) = session('mallory', "SET ROLE $role");
	like($err, qr/permission denied to set role "$role"/, "a login does not become $role");
	($out, $err) = session('mallory', "SET SESSION AUTHORIZATION $role");
	like($err, qr/permission denied to set session authorization/, "nor logs in as $role");
}
my ($out, $err) = session('worker', 'SET ROLE rui_resident', q{SELECT set_config('request.jwt.claims', '{"party_id": 2}', false)},
	'SELECT rui.current_party()', 'SELECT count(*) FROM rui.membership');
like($err, qr/permission denied for table membership/, 'a gateway that took a role reads as that role');

# A place where everybody may put functions into the path of the API.
$node->safe_psql('postgres', 'CREATE DATABASE lax');
$node->safe_psql('lax', 'CREATE EXTENSION rui CASCADE; GRANT CREATE ON SCHEMA public TO PUBLIC');
my $lax = '';
$node->psql('lax', 'CALL rui.create_platform()', stderr => \$lax);
like($lax, qr/schema "public" lets everybody create objects/, 'no platform is made beside a schema that is open to everybody');
$node->safe_psql('lax', 'REVOKE CREATE ON SCHEMA public FROM PUBLIC');

# Locks that any login may take.
my $holder = $node->background_psql('postgres', on_error_stop => 0, extra_params => [ '-U', 'mallory' ]);
$holder->query(q{SELECT pg_advisory_lock(hashtextextended(x, 0)) FROM unnest('{rui.create_platform,rui.create_roles,rui}'::text[]) x});
$holder->query(q{BEGIN; SELECT count(*) FROM rui.membership; SELECT count(*) FROM pg_extension});
$node->safe_psql('postgres', q{
	SET lock_timeout = '5s';
	SELECT rui.create_roles();
	CALL rui.create_platform();
	SELECT rui.create_company('other', 'Other', 'Wang');
	SELECT rui.create_partitions('2031-01-01', 1);
});
pass('advisory locks and an open transaction of a login stop no DBA');
$holder->quit;

# What the last user of a pooled session left.
my @as = map { "SET LOCAL rui.party_id = $party{$_}" } qw(a b);
($out, $err) = session('pool', "PREPARE p AS SELECT string_agg(code, ',') FROM rui.project", 'BEGIN', $as[0], 'EXECUTE p', 'COMMIT',
	'BEGIN', $as[1], 'EXECUTE p', 'COMMIT', 'EXECUTE p');
is($out, "one\ntwo\n", 'a prepared statement answers whoever acts now, and nobody nothing');
($out, $err) = session('pool', 'SET plan_cache_mode = force_generic_plan', "PREPARE p AS SELECT string_agg(code, ',') FROM rui.project",
	'BEGIN', $as[0], 'EXECUTE p', 'SAVEPOINT s', $as[1], 'EXECUTE p', 'ROLLBACK TO s', 'EXECUTE p', 'COMMIT');
is($out, "one\ntwo\none", 'with a generic plan, too, within a transaction');
($out, $err) = session('pool', 'BEGIN', $as[0], 'DECLARE c CURSOR WITH HOLD FOR SELECT code FROM rui.project', 'COMMIT', 'DISCARD ALL',
	'BEGIN', $as[1], 'FETCH c', 'COMMIT');
like($err, qr/cursor "c" does not exist/, 'DISCARD ALL takes held cursors from the next user');
is($out, '', 'who sees nothing of it');
($out, $err) = session('pool', 'BEGIN', $as[0], 'CREATE TEMP TABLE kept AS SELECT code FROM rui.project', 'COMMIT', 'DISCARD ALL', 'TABLE kept');
like($err, qr/relation "kept" does not exist/, 'and temporary tables');
($out, $err) = session('pool', 'BEGIN', $as[0], 'CREATE TEMP VIEW v AS SELECT code FROM rui.project', 'COMMIT', 'BEGIN', $as[1], 'TABLE v', 'COMMIT');
is($out, 'two', 'a view of one user shows the next what is the next one\'s');

# Limits.
for my $bad ([ "'postgres'", qr/"postgres" is no login|stands above/ ], [ "'rui_manager'", qr/is no login of the platform/ ],
	[ "'nobody'", qr/is no login of the platform/ ], [ 'NULL', qr/login must not be null/ ], [ "'mallory', '0'", qr/statement_limit must be/ ],
	[ "'mallory', '1 month'", qr/statement_limit must be/ ], [ "'mallory', temp_mb => -1", qr/temp_mb -1 is out of range/ ],
	[ "'mallory', connections => 10001", qr/connections 10001 is out of range/ ])
{
	($out, $err) = session('postgres', "SELECT rui.limit_login($bad->[0])");
	like($err, $bad->[1], "limit_login($bad->[0]) is refused");
}
$node->safe_psql('postgres', 'CREATE ROLE boss LOGIN CREATEROLE IN ROLE rui_manager');
($out, $err) = session('postgres', "SELECT rui.limit_login('boss')");
like($err, qr/login "boss" stands above all limits/, 'a login that makes roles is not limited');
($out, $err) = session('mallory', "SELECT rui.limit_login('pool')");
like($err, qr/permission denied for function limit_login/, 'and only the DBA limits');
$node->safe_psql('postgres', "SELECT rui.limit_login('mallory', '3 seconds', '2 seconds', '1 hour', 1, 2)");
is((session('mallory', 'SHOW statement_timeout', 'SHOW lock_timeout', 'SHOW idle_in_transaction_session_timeout', 'SHOW temp_file_limit'))[0],
	"3s\n2s\n1h\n1MB", 'a limited login begins with its limits');
($out, $err) = session('mallory', 'SELECT pg_sleep(3600)');
like($err, qr/canceling statement due to statement timeout/, 'a statement that takes too long is ended');
($out, $err) = session('mallory', 'SET temp_file_limit = -1');
like($err, qr/permission denied to set parameter "temp_file_limit"/, 'the limit of temporary files cannot be taken off');
($out, $err) = session('mallory', 'SET statement_timeout = 0', "SET work_mem = '64kB'", 'SELECT count(*) FROM (SELECT g FROM generate_series(1, 500000) g ORDER BY -g) s');
like($err, qr/temporary file size exceeds temp_file_limit/, 'and holds');
my @sessions = map { $node->background_psql('postgres', on_error_stop => 0, extra_params => [ '-U', 'mallory' ]) } 1 .. 2;
$_->query('SELECT 1') for @sessions;
($out, $err) = session('mallory', 'SELECT 1');
like($err, qr/too many connections for role "mallory"/, 'more connections than given are refused');
$sessions[0]->query('SET idle_in_transaction_session_timeout = 0; SET statement_timeout = 0; BEGIN');
is($node->safe_psql('postgres', 'SELECT rui.end_overdue_sessions()'), '0', 'nobody is overdue yet');
is($node->safe_psql('postgres', "SELECT rui.end_overdue_sessions(clock_timestamp() + interval '89 minutes')"), '0', 'nor just before');
is($node->safe_psql('postgres', "SELECT rui.end_overdue_sessions(clock_timestamp() + interval '91 minutes')"), '1',
	'whoever took the limit off is ended, and nobody else');
ok($sessions[1]->query('SELECT 1') eq '1', 'the other session goes on');
eval { $sessions[0]->quit };
# A login may change the server's settings for its next sessions, too, and so
# take its limits out of its configuration; ours stay.
($out, $err) = session('mallory', 'ALTER ROLE mallory RESET ALL', q{ALTER ROLE mallory SET statement_timeout = '0'}, 'ALTER ROLE mallory RESET idle_in_transaction_session_timeout');
is($err, '', 'a login takes limits out of its own configuration');
for my $setting ("SET rui.transaction_limit = '1d'", 'RESET rui.idle_limit')
{
	($out, $err) = session('mallory', "ALTER ROLE mallory $setting", 'SELECT rui.current_party()', "ALTER ROLE mallory $setting");
	like($err, qr/(permission denied to set parameter "rui\.\w+".*){2}/s, "but not all: $setting is refused, whether the library is loaded or not");
}
# The clock of a transaction runs though its session is busy: what it asks in
# time and again does not keep it open for ever.
my $busy = $sessions[1];
$busy->query('BEGIN; SELECT 1');
is($node->safe_psql('postgres', "SELECT rui.end_overdue_sessions(clock_timestamp() + interval '89 minutes')"), '0', 'an idle transaction may go on');
$node->safe_psql('postgres', "SELECT rui.limit_login('mallory', '3 seconds', '2 seconds', '1 hour', 1, 2, '80 minutes')");
is($node->safe_psql('postgres', "SELECT rui.end_overdue_sessions(clock_timestamp() + interval '79 minutes')"), '0', 'and last as long as transactions may');
$busy->query('SELECT 2');
is($node->safe_psql('postgres', "SELECT rui.end_overdue_sessions(clock_timestamp() + interval '81 minutes')"), '1', 'and not longer');
eval { $busy->quit };
($out, $err) = session('postgres', "SELECT rui.limit_login('mallory', '1 minute', '1 second', '2 minutes', transaction_limit => '90 seconds')");
like($err, qr/transaction_limit 00:01:30 is shorter than idle_limit/, 'a transaction is given as long as its pauses');
$node->safe_psql('postgres', "SELECT rui.limit_login('mallory', '2 minutes', '1 second', '1 minute')");
is((session('mallory', 'SELECT rui.current_party() > 0', 'SHOW rui.statement_limit', 'SHOW rui.idle_limit', 'SHOW rui.transaction_limit'))[0], "t\n2min\n1min\n20min", 'and ten times as long as either unless it is said');

done_testing();
