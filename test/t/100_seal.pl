# Seals beside transactions that take long, that are prepared, and that come all
# at once; a server that dies while it seals; a dump and its restore; and proofs
# that are checked without a database (docs/verify_proof.py).
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use FaultTown;
use IPC::Open2;
use Platform;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('seal');
Platform::init($node);
$node->append_conf('postgresql.conf', "max_prepared_transactions = 2\nsynchronous_commit = on\nrestart_after_crash = on\nautovacuum_naptime = 1\n");
$node->start;
$node->safe_psql('postgres', q{
	SELECT rui.create_company('acme', 'Acme', 'Li', session_user::name);
	SELECT rui.create_project(1, 'town', 'Town', 'Asia/Shanghai');
	SELECT rui.set_project_state(1, 'go_live');
});
my $emit = q{SELECT rui._emit(1, 'test', 'test', %d, now())};
# Without slack: nobody is just beginning while a test looks on.
my $seal = q{SELECT rui._seal_settled(1, now(), '0')};
# What belongs to the company, and to nobody, too.
my $above = q{SELECT string_agg(finding, ',') FROM (SELECT finding FROM rui.verify_journal(-1) UNION ALL SELECT finding FROM rui.verify_journal(0)) v};
my $broken = q{SELECT coalesce(string_agg(concat_ws(' ', number, finding, table_name, detail), '; '), 'nothing') FROM rui.verify_journal(1) WHERE finding <> 'verified'};

sub ask { return $node->safe_psql('postgres', sprintf($_[0], @_[1 .. $#_])); }

# A session that stays.
sub session
{
	my ($out, $in);
	my $pid = open2($out, $in, 'psql', '-X', '-q', '-At', '-d', $node->connstr('postgres'));
	$in->autoflush(1);
	return sub {
		my ($sql, $later) = @_;
		unless (defined $sql) { close $in; waitpid $pid, 0; return; }
		print $in "$sql;\n\\echo done\n" if $sql ne '';
		return if $later; # '' waits for it
		my $said = '';
		while (my $line = <$out>) { last if $line eq "done\n"; $said .= $line; }
		chomp $said;
		return $said;
	};
}

cmp_ok(ask($seal), '>', 0, 'what made the project is sealed');
cmp_ok(ask(q{SELECT rui._seal_settled(-1, now(), '0')}), '>', 3, 'what made the company, too');
cmp_ok(ask(q{SELECT rui._seal_settled(0, now(), '0')}), '>', 100, 'and what belongs to nobody');
my $late = session();
$late->('BEGIN');
$late->(sprintf $emit, 1);
ask($emit, 2);
ask($seal);
my $before = ask('SELECT max(number) FROM rui.seal');
ask($emit, 3);
ask($seal);
ask($seal);
is(ask('SELECT max(number) FROM rui.seal'), $before, 'while one is at work who was noted, nothing is sealed');
$late->('COMMIT');
cmp_ok(ask($seal), '>=', 3, 'once he is done all is');
is(ask($broken), 'nothing', 'what came late is where it belongs');

# Who is prepared is at work, though no session is.
$late->('BEGIN');
$late->(sprintf $emit, 4);
$late->(q{PREPARE TRANSACTION 'four'});
ask($emit, 5);
is(ask($seal), 0, 'a prepared transaction keeps seals waiting');
ask(q{COMMIT PREPARED 'four'});
cmp_ok(ask($seal), '>=', 2, 'until it is committed');
is(ask($broken), 'nothing', 'and is sealed then');

# A transaction that looks at the past would miss what is committed meanwhile,
# and find it behind its seal.
my $looker = session();
$looker->('BEGIN ISOLATION LEVEL REPEATABLE READ');
$looker->('SELECT 1');
ask($emit, 12);
my ($failed, undef, $why) = $node->psql('postgres', "BEGIN ISOLATION LEVEL SERIALIZABLE; $seal; COMMIT", on_error_stop => 1);
like($why, qr/read committed only/, 'no seal by a transaction that looks at the past');
is($looker->(q{SELECT done FROM rui.tick(1) WHERE duty = 'seal'}), '0', 'a tick that does leaves it to the next');
$looker->('ROLLBACK');
$looker->(undef);
cmp_ok(ask($seal), '>', 0, 'which seals it');
is(ask($broken), 'nothing', 'with all that is committed');

# The second transaction of a message has the time of the first, which was noted
# and is over.
my $keeper = session();
my $waits = q{SELECT count(*) = 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = %d AND NOT granted};
my $second = 'SELECT pg_advisory_xact_lock(2)\; ' . sprintf($emit, 13) . '\; COMMIT';
for my $message ([ 'BEGIN\; SELECT pg_advisory_xact_lock(1)\; COMMIT\; BEGIN\; ', 'the second transaction of a message' ],
	[ 'SELECT pg_advisory_xact_lock(1)\; COMMIT AND CHAIN\; ', 'a transaction that is chained' ])
{
	$keeper->('SELECT pg_advisory_lock(1), pg_advisory_lock(2)');
	$late->('BEGIN') if $message->[0] !~ /^BEGIN/;
	$late->($message->[0] . $second, 1);
	$node->poll_query_until('postgres', sprintf $waits, 1) or die 'nobody waits';
	ask($emit, 14);
	ask($seal); # notes the first
	$keeper->('SELECT pg_advisory_unlock(1)');
	$node->poll_query_until('postgres', sprintf $waits, 2) or die 'nobody waits';
	ask($seal);
	$keeper->('SELECT pg_advisory_unlock(2)');
	$late->('');
	ask($seal);
	is(ask($broken), 'nothing', "$message->[1] is not behind a seal");
}
$keeper->(undef);

# Nor is anybody shown what was asked for by one that may still be taken back.
ask(q{SELECT rui.grant_role(1, rui.current_party(), 'manager')});
for my $end ('ROLLBACK', 'COMMIT')
{
	$late->('BEGIN');
	my $access = $late->('SELECT rui.ask_export(1, rui.current_party())');
	$late->(q{PREPARE TRANSACTION 'asked'});
	my $show = "SELECT rui.export_subject(1, $access) ->> 'version'";
	my ($rc, $shown, $error) = $node->psql('postgres', $show);
	like($error, qr/personal_access $access/, 'a prepared record is none');
	ask("$end PREPARED 'asked'");
	($rc, $shown, $error) = $node->psql('postgres', $show);
	is($shown, $end eq 'COMMIT' ? 'rui subject 1' : '', "after $end it is, or is not");
}
ask($seal);

# What a transaction writes after it has sealed is not covered by that seal.
$late->('BEGIN');
$late->(sprintf $emit, 6);
$late->($seal);
$late->(sprintf $emit, 7);
$late->('COMMIT');
ask($seal);
is(ask($broken), 'nothing', 'who seals goes on writing');

# Killed while it seals: it is as if it had not.
ask($emit, 8);
$before = ask('SELECT max(number) FROM rui.seal');
$late->('BEGIN');
$late->($seal);
$node->stop('immediate');
$late->(undef);
$node->start;
is(ask('SELECT max(number) FROM rui.seal'), $before, 'a seal that was not committed is none');
FaultTown::hold($node, 'rui.seal');
# To look whether it waits is a transaction, too: while that is at work no seal is
# made, so it tries until there is one.
my $patient = q{DO $$BEGIN FOR i IN 1 .. 10000 LOOP EXIT WHEN rui._seal_settled(1, now(), '0') > 0; PERFORM pg_sleep(0.01); END LOOP; END$$};
for my $victim (qw(backend server))
{
	my ($is_under_way, $ended) = FaultTown::killed($node, $victim, $patient);
	ok($is_under_way && $ended != 0, "the $victim is killed in the midst of a seal");
	is(ask('SELECT max(number) FROM rui.seal'), $before, 'and there is none');
	is(ask($broken), 'nothing', 'nor half of one');
}
ask('DROP TRIGGER hold ON rui.seal');
cmp_ok(ask($seal), '>', 0, 'the next one takes its place');
is(ask($broken), 'nothing', 'once');

# Autovacuum may be at one table for hours: it writes no rows, so nobody waits for it.
$node->safe_psql('postgres', q{CREATE TABLE public.slow AS SELECT n FROM generate_series(1, 100000) n;
	ALTER TABLE public.slow SET (autovacuum_vacuum_insert_threshold = 0, autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1)});
my $vacuums = q{SELECT count(*) = 1 FROM pg_stat_progress_vacuum WHERE relid = 'public.slow'::regclass};
$node->poll_query_until('postgres', $vacuums) or die 'nothing is vacuumed';
ask($emit, 15);
cmp_ok(ask($seal), '>', 0, 'autovacuum keeps no seal waiting');
is(ask($vacuums), 't', 'while it is at work');
ask('DROP TABLE public.slow');

# Many at once, sealers among them.
my $folder = PostgreSQL::Test::Utils::tempdir();
append_to_file("$folder/write.sql", "BEGIN;\n" . sprintf($emit, 9) . ";\n" . sprintf($emit, 10) . ";\nEND;\n");
append_to_file("$folder/seal.sql", "SELECT rui._seal_settled(1, now(), '1 second');\n");
my $run = $node->run_log([ 'pgbench', '-n', '-c', '6', '-j', '2', '-t', '60', '-f', "$folder/write.sql\@12", '-f', "$folder/seal.sql\@1",
	$node->connstr('postgres') ]);
ok($run, 'six sessions write and seal');
ask($seal);
is(ask($broken), 'nothing', 'every row is in the seal of its time');
is(ask(q{SELECT (SELECT sum(rows) FROM rui.seal_table WHERE table_name = 'event') + count(*) FROM rui.event e
	WHERE e.recorded_at >= (SELECT max(before_at) FROM rui.seal)}), ask('SELECT count(*) FROM rui.event WHERE project_id = 1'), 'and in no other');

# Elsewhere it is the same.
run_log([ 'pg_dump', '-Fc', '-f', "$folder/dump", $node->connstr('postgres') ]);
$node->safe_psql('postgres', 'CREATE DATABASE other');
my $restored = run_log([ 'pg_restore', '-e', '-d', $node->connstr('other'), "$folder/dump" ]);
ok($restored, 'restored');
is($node->safe_psql('other', $broken), 'nothing', 'what was sealed is sealed there');
$node->safe_psql('other', sprintf $emit, 11);
is($node->safe_psql('other', $above), 'verified,verified', 'above the projects, too');
cmp_ok($node->safe_psql('other', $seal), '>', 0, 'and sealed on');
is($node->safe_psql('other', $broken), 'nothing', 'without anything twice');
my ($number, $root) = split /\|/, ask(q{SELECT number, encode(root, 'hex') FROM rui.seal ORDER BY number DESC LIMIT 1});
is($node->safe_psql('other', "SELECT rui.check_head(1, $number, '$root')"), 'holds', 'the head of before is one of its');

# Proofs, by somebody who has the head and Python.
SKIP:
{
	skip 'no python3', 10 unless run_log([ 'python3', '--version' ]);
	my $checks = sub {
		my ($proof, $head, $of) = @_;
		my $file = "$folder/proof.json";
		unlink $file;
		append_to_file($file, $proof);
		return run_log([ 'python3', 'docs/verify_proof.py', $file, $head, $of ]);
	};
	my ($entry) = ask(q{SELECT min(id) FROM rui.journal WHERE project_id = 1});
	my $proof = ask("SELECT rui.journal_proof(1, $entry)");
	ok($checks->($proof, $number, $root), 'an entry of the journal');
	ok($checks->(ask(q{SELECT rui.row_proof(1, 'event', max(id)) FROM rui.event WHERE kind = 'test' AND subject_id = 9}), $number, $root), 'an event');
	my ($of_company, $number_above, $root_above) = split /\|/, ask(q{SELECT rui.journal_proof(-1, min(j.id)), s.number, encode(s.root, 'hex')
		FROM rui.journal j JOIN rui.seal s ON s.project_id = -1 WHERE j.project_id = -1 AND j.table_name = 'login' GROUP BY s.number, s.root});
	ok($checks->($of_company, $number_above, $root_above), 'a login, of the company');
	ok(!$checks->($of_company, $number, $root), 'which is not under the head of a project');
	ok(!$checks->($proof, $number, 'a' x 64), 'another head does not hold');
	ok(!$checks->($proof, $number - 1, $root), 'nor another number');
	my $event = ask(q{SELECT rui.row_proof(1, 'event', max(id)) FROM rui.event WHERE kind = 'test' AND subject_id = 9});
	for my $change ([ '\\\\"9\\\\"', '\\\\"8\\\\"' ], [ '"index": (\d+)', '"index": 0$1' ])
	{
		(my $forged = $event) =~ s/$change->[0]/qq{"$change->[1]"}/ee;
		isnt($forged, $event, 'a changed proof');
		ok(!$checks->($forged, $number, $root), 'does not hold');
	}
}
# All of it in committed pieces, as often as it takes.
my ($pieces_failed) = $node->psql('postgres', q{BEGIN; CALL rui.verify_project(1, 1); COMMIT}, on_error_stop => 1);
isnt($pieces_failed, 0, 'not within a transaction');
ask('SELECT rui.continue_verification(1, 1)');
is(ask(q{SELECT done FROM rui.progress WHERE job = 'verification'}), '1', 'a piece that stays');
ask('CALL rui.verify_project(1, 1)');
is(ask(q{SELECT count(*), bool_and(is_finished AND done = total AND done > 3) FROM rui.progress WHERE job = 'verification'}), '1|t', 'goes on to the end');
is(ask(q{SELECT faults, root = (SELECT root FROM rui.seal WHERE project_id = 1 ORDER BY number DESC LIMIT 1) FROM rui.verification}), '0|t', 'with the head');
ask('CALL rui.verify_project(-1)');
is(ask(q{SELECT faults, rows > 0 FROM rui.verification WHERE project_id = -1}), '0|t', 'of the company, too');
$late = undef;
done_testing();
