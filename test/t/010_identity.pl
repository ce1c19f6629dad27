# Identity across sessions and transactions: what pooling, late loading of the
# library, role settings and cancelled savepoints must not leak or forge.
use strict;
use warnings;
use Platform;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('identity');
Platform::init($node);
$node->start;
$node->safe_psql('postgres', q{
	CREATE ROLE pool LOGIN IN ROLE rui_user;
	GRANT SET ON PARAMETER rui.party_id TO pool;
	CREATE ROLE forger LOGIN IN ROLE rui_user;
});

# Each call is a session of its own; the answers come a line each.
sub answers
{
	my ($user, @statements) = @_;
	my $out = '';
	my $err = '';
	$node->psql('postgres', join("\n", map { "$_;" } @statements),
		stdout => \$out, stderr => \$err, on_error_stop => 0,
		extra_params => [ '-U', $user ]);
	return wantarray ? ($out, $err) : $out;
}
my $who = q{SELECT coalesce(rui.current_party()::text, 'nobody')};

is(answers('pool', 'BEGIN', 'SET LOCAL rui.party_id = 5', $who, 'COMMIT'), '5',
	'set before the library is loaded, in the same transaction: believed');
is(answers('pool', 'SET rui.party_id = 5', $who), 'nobody',
	'set before the library is loaded, in an earlier transaction: not believed');
is(answers('pool', $who, 'BEGIN', 'SET rui.party_id = 5', $who, 'COMMIT', $who), "nobody\n5\nnobody",
	'a plain SET ends with its transaction');
is(answers('pool', $who, 'SET rui.party_id = 5', 'BEGIN', 'SAVEPOINT a', 'SET LOCAL rui.party_id = 7', $who,
		'ROLLBACK TO a', $who, 'COMMIT'), "nobody\n7\nnobody",
	'ROLLBACK TO does not make an old value look new');
is(answers('pool', 'BEGIN', 'SET LOCAL rui.party_id = 5', 'SAVEPOINT a', 'SET LOCAL rui.party_id = 7', 'ROLLBACK TO a',
		$who, 'COMMIT'), '5', 'ROLLBACK TO brings back a value of this transaction');
is(answers('pool', 'BEGIN', 'SET LOCAL rui.party_id = 5', 'RESET ALL', $who, 'COMMIT'), 'nobody', 'RESET ALL ends it');
is(answers('pool', 'BEGIN', 'SET LOCAL rui.party_id = 5', 'SELECT 1/0', 'ROLLBACK', $who), 'nobody',
	'an error ends it');
is(answers('pool', 'BEGIN', 'SET LOCAL rui.party_id = 5', 'COMMIT', 'DISCARD ALL', $who), 'nobody', 'DISCARD ALL leaves nobody');

my ($out, $err) = answers('forger', 'BEGIN', 'SET LOCAL rui.party_id = 5', $who, 'COMMIT');
is($out, 'nobody', 'a placeholder of a role without the right is dropped');
like($err, qr/permission denied to set parameter "rui.party_id"/, 'and said to be');
($out, $err) = answers('forger', $who, 'BEGIN', 'SET LOCAL rui.party_id = 5');
like($err, qr/permission denied to set parameter "rui.party_id"/, 'with the library loaded it is refused at once');

$node->safe_psql('postgres', 'ALTER ROLE pool SET rui.party_id = 5; ALTER DATABASE postgres SET rui.party_id = 6;');
is(answers('pool', $who, 'BEGIN', $who, 'COMMIT'), "nobody\nnobody", 'ALTER ROLE and ALTER DATABASE SET name nobody');
$node->safe_psql('postgres', 'ALTER ROLE pool RESET rui.party_id; ALTER DATABASE postgres RESET rui.party_id;');

# A parallel plan answers as the leader does.
is(answers('pool', 'SET force_parallel_mode = on', 'SET parallel_setup_cost = 0', 'BEGIN', 'SET LOCAL rui.party_id = 5',
		'SELECT count(*) FROM generate_series(1, 1000) WHERE rui.current_party() = 5', 'COMMIT'), '1000',
	'parallel plans know who acts');

# A membership granted in one session is known in another at its next transaction.
my $reader = $node->background_psql('postgres', on_error_stop => 0);
$node->safe_psql('postgres', q{
	SELECT rui.create_company('acme', 'Acme', 'Li');
	INSERT INTO rui.project (company_id, code, name) VALUES (1, 'p', 'P');
	INSERT INTO rui.party (company_id, code, name) VALUES (1, 'w', 'Wang');
});
is($reader->query_safe(q{BEGIN; SET LOCAL rui.party_id = 2; SELECT rui.my_projects(); COMMIT;}), '{}', 'no membership yet');
$node->safe_psql('postgres', q{INSERT INTO rui.membership (project_id, party_id, role_code, valid)
	VALUES (1, 2, 'steward', tstzrange(now() - interval '1 hour', NULL))});
is($reader->query_safe(q{BEGIN; SET LOCAL rui.party_id = 2; SELECT rui.my_projects(); COMMIT;}), '{1}',
	'a membership granted elsewhere counts in the next transaction');
$node->safe_psql('postgres', q{UPDATE rui.membership SET valid = tstzrange(lower(valid), now()) WHERE party_id = 2});
is($reader->query_safe(q{BEGIN; SET LOCAL rui.party_id = 2; SELECT rui.my_projects(); COMMIT;}), '{}',
	'and one taken away is gone');
$node->safe_psql('postgres', q{UPDATE rui.membership SET valid = tstzrange('2000-01-01 00:00+00', NULL) WHERE party_id = 2});
$reader->query_safe(q{BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1;});
$node->safe_psql('postgres', q{UPDATE rui.membership SET valid = tstzrange(lower(valid), now()) WHERE party_id = 2});
$reader->query_safe(q{SET LOCAL rui.party_id = 2; SELECT rui.my_projects(); COMMIT;});
is($reader->query_safe(q{BEGIN; SET LOCAL rui.party_id = 2; SELECT rui.my_projects(); COMMIT;}), '{}',
	'also for who was looking at the past when it was taken away');
# What begins or ends by itself is noticed though no table changes: transaction
# by transaction until it is over.
$node->safe_psql('postgres', q{UPDATE rui.membership SET valid = tstzrange(clock_timestamp() + interval '0.3 seconds', clock_timestamp() + interval '0.6 seconds')
	WHERE party_id = 2});
my ($wrong, $phase) = (0, '');
while ($phase ne 'over')
{
	my $answer = $reader->query_safe(q{BEGIN; SET LOCAL rui.party_id = 2; SELECT rui.my_projects(), (SELECT CASE WHEN statement_timestamp() < lower(m.valid) THEN 'ahead'
		WHEN statement_timestamp() < upper(m.valid) THEN 'on' ELSE 'over' END FROM rui.membership m WHERE m.party_id = 2); COMMIT;});
	(my $projects, $phase) = split /\|/, $answer;
	die "no answer: $answer" unless defined $phase;
	$wrong++ if $projects ne ($phase eq 'on' ? '{1}' : '{}');
}
is($wrong, 0, 'a membership begins and ends by itself');
# Within one transaction, too: it is open before the role begins and after it ends.
# On a slow machine it takes a longer role to see all of it.
my $during = sub {
	my ($reader) = @_;
	my ($length, $wrong, $phase, %phases) = (0.1, 0, '');
	my ($from, $to);
	while (keys %phases < 3 || $phase ne 'over')
	{
		if ($phase =~ /^(over)?$/)
		{
			$length *= 2;
			%phases = ();
			($from, $to) = split /\|/, $node->safe_psql('postgres', qq{UPDATE rui.membership SET valid = tstzrange(clock_timestamp() + interval '$length seconds',
				clock_timestamp() + interval '1 second' * 2 * $length) WHERE party_id = 2 RETURNING lower(valid), upper(valid)});
		}
		my $answer = $reader->query_safe(qq{SELECT rui.my_projects(), CASE WHEN statement_timestamp() < '$from' THEN 'ahead' WHEN statement_timestamp() < '$to' THEN 'on' ELSE 'over' END});
		(my $projects, $phase) = split /\|/, $answer;
		die "no answer: $answer" unless defined $phase;
		$phases{$phase}++;
		$wrong++ if $projects ne ($phase eq 'on' ? '{1}' : '{}');
	}
	return $wrong;
};
$reader->query_safe('BEGIN; SET LOCAL rui.party_id = 2;');
is($during->($reader), 0, 'also within a transaction');
$reader->query_safe('COMMIT');
$reader->quit;

# Claims count in the transaction that sets them: a pool that forgets to name
# the next person acts for nobody, not for the last one.
$node->safe_psql('postgres', q{
	CREATE ROLE gate LOGIN IN ROLE rui_gateway;
	INSERT INTO rui.gateway (company_id, login) VALUES (1, 'gate');
});
my $claims = q{'{"party_id": 2}'};
is(answers('gate', 'BEGIN', "SET LOCAL request.jwt.claims = $claims", $who, 'COMMIT', $who), "2\nnobody", 'claims end with their transaction');
$reader = $node->background_psql('postgres', on_error_stop => 0, extra_params => [ '-U', 'gate' ]);
$reader->query_safe("BEGIN; SET LOCAL request.jwt.claims = $claims");
is($during->($reader), 0, 'for whom claims name, roles begin and end within a transaction');
$reader->query_safe('COMMIT');
# A token expires at its instant; a busy machine gets one that lasts longer.
my $answered = 0;
for my $lasts (0.3, 1, 4, 16, 64)
{
	my $expires = $node->safe_psql('postgres', "SELECT extract(epoch FROM clock_timestamp()) + $lasts");
	$reader->query(qq{BEGIN; SET LOCAL request.jwt.claims = '{"party_id": 2, "exp": $expires}'});
	$answered++ while $reader->query($who . qq{, statement_timestamp() < to_timestamp($expires)}) =~ /^2\|t/;
	last if $answered > 0;
	$reader->query('ROLLBACK');
}
cmp_ok($answered, '>', 0, 'claims count until they expire');
my $left_over = $reader->query($who);
unlike($left_over, qr/2/, 'and not after that, though the transaction is open');
like($reader->{stderr}, qr/the claims have expired/, 'as is said');
$reader->query('ROLLBACK');
$reader->quit;
is(answers('gate', "SET request.jwt.claims = $claims", $who, "SET jwt.claims.party_id = 2", $who), "nobody\nnobody", 'those of an earlier one are not believed');
is(answers('gate', "SET request.jwt.claims = $claims", 'BEGIN', 'SAVEPOINT a', "SET LOCAL request.jwt.claims = $claims", $who, 'ROLLBACK TO a',
		$who, 'COMMIT'), "2\nnobody", 'nor when a savepoint brings them back');
is(answers('gate', "SET request.jwt.claims = $claims", 'BEGIN', "SET LOCAL jwt.claims.party_id = 1", $who, 'COMMIT'), '1',
	'nor do they hide those of this one');
$node->safe_psql('postgres', "ALTER ROLE gate SET request.jwt.claims = $claims");
is(answers('gate', $who, 'BEGIN', $who, 'COMMIT'), "nobody\nnobody", 'nor those of the configuration');

# A procedure that commits acts to its end for whom it was called: a login that
# speaks for a party, or a caller that set the party for its transaction.
$node->safe_psql('postgres', q{
	CREATE ROLE biller LOGIN IN ROLE rui_manager;
	INSERT INTO rui.party (company_id, code, name) VALUES (1, 'biller', 'Biller'), (1, 'loader', 'Loader');
	INSERT INTO rui.login (login, party_id) SELECT 'biller', id FROM rui.party WHERE code = 'biller';
	INSERT INTO rui.membership (project_id, party_id, role_code, valid)
	SELECT 1, p.id, r, tstzrange('2020-01-01 00:00+00', NULL) FROM rui.party p, unnest('{manager,loader}'::text[]) r WHERE p.code IN ('biller', 'loader');
	UPDATE rui.project SET last_action = 'go_live' WHERE id = 1;
	INSERT INTO rui.building (project_id, code, footprint, entrance)
	VALUES (1, 'b', 'SRID=4326;MULTIPOLYGON(((118 32,118.001 32,118.001 32.001,118 32)))', 'SRID=4326;POINT(118.0005 32.0001)');
	INSERT INTO rui.unit (project_id, building_id, code, area_m2) SELECT 1, id, 'u' || n, 50 FROM rui.building, generate_series(1, 5) n;
	GRANT SET ON PARAMETER rui.party_id TO pool;
	CREATE SCHEMA app;
	GRANT USAGE ON SCHEMA app TO pool;
	CREATE PROCEDURE app.bill(party text, month date) LANGUAGE plpgsql AS $$
	BEGIN
		PERFORM set_config('rui.party_id', party, true);
		CALL rui.bill_month(1, month, 2, month + interval '20 days');
	END $$;
});
is(answers('biller', "SELECT rui.open_books(1, '2025-01-01', '2025-01-01') IS NOT NULL", "SELECT rui.set_fee_item(1, 'f', 'F') > 0",
		q{SELECT rui.set_price_plan(1, 'f', '{"model":"flat","amount":"8"}', 'unit', '2025-01-01') > 0}), "t\nt\nt", 'a manager sets prices');
($out, $err) = answers('biller', "CALL rui.bill_month(1, '2025-01-01', 2, '2025-01-20')", 'SELECT count(*) FROM rui.charge');
is("$out$err", '5', 'and bills in pieces');
my $loader = $node->safe_psql('postgres', q{SELECT id FROM rui.party WHERE code = 'loader'});
($out, $err) = answers('pool', "CALL app.bill('$loader', '2025-02-01')");
is("$out$err", '', 'so does a caller that set the party in the transaction');
is($node->safe_psql('postgres', q{SELECT array_agg(DISTINCT party_id) FROM rui.event WHERE kind = 'billing.run'}),
	$node->safe_psql('postgres', q{SELECT array_agg(id ORDER BY id) FROM rui.party WHERE code IN ('biller', 'loader')}), 'each is written down as who it is');
($out, $err) = answers('pool', "SET rui.party_id = $loader", "CALL rui.bill_month(1, '2025-03-01', 2, '2025-03-20')");
like($err, qr/nobody acts in this session/, 'a setting of an earlier transaction is not believed there either');
$node->safe_psql('postgres', 'GRANT rui_manager TO gate; ALTER ROLE gate RESET request.jwt.claims; GRANT USAGE ON SCHEMA app TO gate;');
$node->safe_psql('postgres', q{
	CREATE PROCEDURE app.bill_by_claims(party text, month date) LANGUAGE plpgsql AS $$
	BEGIN
		PERFORM set_config('jwt.claims.party_id', party, true), set_config('jwt.claims.exp', '32503680000', true),
			set_config('jwt.claims.iss', 'https://id.example.org', true);
		CALL rui.bill_months(1, month, month, 2, month + interval '20 days');
	END $$;
	UPDATE rui.gateway SET issuer = 'https://id.example.org';
});
($out, $err) = answers('gate', "CALL app.bill_by_claims('$loader', '2025-03-01')");
is("$out$err", '', 'so does a gateway, by all its claims');
is($node->safe_psql('postgres', q{SELECT party_id FROM rui.event WHERE kind = 'billing.run' ORDER BY id DESC LIMIT 1}), $loader, 'for whom they name');
($out, $err) = answers('gate', "SET request.jwt.claims = '{\"party_id\": 1, \"iss\": \"https://id.example.org\"}'", "CALL app.bill_by_claims('$loader', '2025-04-01')");
like($err, qr/the session no longer acts for party $loader/, 'a setting of an earlier transaction is not made believed by it');
($out, $err) = answers('biller', "CALL rui.bill_months(1, '2025-04-01', '2025-06-01', 2, '2025-04-20')", "SELECT count(*), count(DISTINCT starts_on) FROM rui.charge WHERE starts_on >= '2025-04-01'");
is("$out$err", '15|3', 'several months at once, some of them ahead');
($out, $err) = answers('biller', "CALL rui.bill_months(1, '2025-04-01', '2025-06-01', 2, '2025-04-20')", 'SELECT count(*), count(*) FILTER (WHERE next_unit IS NULL) FROM rui.billing_run');
is("$out$err", '6|6', 'called again it adds nothing; each month is a run of its own');
($out, $err) = answers('biller', "CALL rui.bill_month(1, date_trunc('month', now())::date, 2)",
	"SELECT count(*), count(DISTINCT at) FROM rui.charge WHERE starts_on = date_trunc('month', now())::date");
is("$out$err", '5|3', 'without a time, each piece has its own: a run may take longer than five minutes');
is(answers('biller', "SELECT total FROM rui.arrears(1, '2025-05-01') ORDER BY 1 LIMIT 1", "SELECT count(*) FROM rui.late_fees(1, '2025-05-01')",
		"SELECT count(*) > 0 FROM rui.trial_balance(1, '2025-05-01')"), "48.00\n0\nt", 'what runs as its caller runs for a manager, too');

# Who looks for others is on record for good before he is shown anything.
$node->safe_psql('postgres', q{
	INSERT INTO rui.party (company_id, code, name) SELECT p.company_id, 'guest', 'Guest' FROM rui.party p WHERE p.code = 'loader';
	INSERT INTO rui.contact_point (company_id, party_id, kind, value) SELECT p.company_id, p.id, 'phone', '13812345678' FROM rui.party p WHERE p.code = 'guest';
	INSERT INTO rui.membership (project_id, party_id, role_code, valid) SELECT 1, p.id, 'resident', '[2000-01-01,)' FROM rui.party p WHERE p.code = 'guest';
	SELECT set_config('rui.party_id', (SELECT p.id::text FROM rui.party p WHERE p.code = 'loader'), false);
	BEGIN;
	SELECT set_config('rui.party_id', (SELECT p.id::text FROM rui.party p WHERE p.code = 'loader'), true);
	SELECT rui.set_document_kind(1, 'photo', 'photo', 'Photo', 'party'),
		rui.store_document(1, 'photo', 'party', p.id, 'Guest', sha256('g'), 1, 'image/png', 's3/guest') FROM rui.party p WHERE p.code = 'guest';
	COMMIT;
});
my $as_loader = "SET LOCAL rui.party_id = $loader";
for my $case ([ 'a phone', q{SELECT count(*) > 0 FROM (SELECT rui.ask_search(1, '345678')) a}, q{SELECT coalesce(max(name), 'none') FROM rui.search(1, '345678')}, 'Guest', 'none' ],
	[ 'people in clear', q{SELECT rui.ask_csv(1, 'party', 'audit') > 0}, q{SELECT count(*) FROM rui.export_csv(1, 'party', 'audit', true) x WHERE x ~ 'Guest'}, '1', '' ],
	[ 'a document', q{SELECT rui.ask_document(1, 1, 'audit') = 1}, q{SELECT storage_ref FROM rui.open_document(1, 1, 'audit')}, 's3/guest', '' ])
{
	my ($what, $ask, $show, $shown, $nothing) = @$case;
	($out) = answers('pool', $who, 'BEGIN', $as_loader, $ask, 'ROLLBACK', 'BEGIN', $as_loader, $show, 'COMMIT');
	is($out, join("\n", 'nobody', 't', $nothing eq '' ? () : $nothing), "$what: asked for and taken back shows nothing");
	($out) = answers('pool', 'BEGIN', $as_loader, $ask, 'SAVEPOINT a', $show, 'ROLLBACK TO a', 'COMMIT');
	is($out, join("\n", 't', $nothing eq '' ? () : $nothing), 'nor does what is not committed yet');
	($out) = answers('pool', 'BEGIN', $as_loader, $show, 'ROLLBACK');
	is($out, $shown, 'in another session it does, also when that is taken back');
}

done_testing();
