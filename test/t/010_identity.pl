# Identity across sessions and transactions: what pooling, late loading of the
# library, role settings and cancelled savepoints must not leak or forge.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('identity');
$node->init;
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION rui CASCADE; CALL rui.create_platform();');
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
$reader->quit;

done_testing();
