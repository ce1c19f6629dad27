# The platform beyond one server: a standby that is promoted while people work,
# recovery to an instant between two pieces of a bill, and pg_upgrade. What was
# acknowledged is there, what is under way goes on, seals and heads hold.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use FaultTown;
use Platform;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep);

my $primary = PostgreSQL::Test::Cluster->new('primary');
Platform::init($primary, allows_streaming => 1, has_archiving => 1);
$primary->append_conf("postgresql.conf", "max_connections = 60\nsynchronous_commit = on\njit = off\n");
$primary->start;
FaultTown::settle($primary, 60);
$primary->backup('before');
my $seal = "SELECT rui._seal_settled(1, now(), '0')";
my $head = "SELECT number || ',' || quote_literal(encode(root, 'hex')) FROM rui.seal ORDER BY number DESC LIMIT 1";
my $piece = "SELECT units_done, is_finished FROM rui.continue_billing(1, '%s', 20, at => '2025-06-02')";

# ------------------------------------------------------------------ a standby
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'before', has_streaming => 1);
$standby->start;
# Whoever is told that something is done has it on both.
$primary->safe_psql('postgres', $_) for "ALTER SYSTEM SET synchronous_standby_names = 'standby'", 'SELECT pg_reload_conf()';
$primary->poll_query_until('postgres', "SELECT sync_state = 'sync' FROM pg_stat_replication") or die 'the standby does not follow';
is($primary->safe_psql('postgres', sprintf $piece, '2025-02-01'), '20|f', 'a bill is under way');
$primary->safe_psql('postgres', $seal);
my $published = $primary->safe_psql('postgres', $head);
$primary->wait_for_catchup($standby);
is(FaultTown::problems($standby), '', 'the standby verifies what it has, and no invariant is broken there');
is($standby->safe_psql('postgres', "SELECT rui.check_head(1, $published)"), 'holds', 'and the head');
is((FaultTown::outcome($standby, 'SELECT rui.tick(1)'))[0], '25006', 'it takes no commands');

# Sessions at work, each noting what it is told, until the server is gone.
my $folder = PostgreSQL::Test::Utils::tempdir();
my @workers;
for my $session (1 .. 3)
{
	my $pid = fork() // die "fork: $!";
	if ($pid == 0)
	{
		open my $psql, '|-', "psql -X -q -At -d '@{[$primary->connstr('postgres')]}' >$folder/answers.$session 2>$folder/errors.$session" or POSIX::_exit(1);
		local $SIG{PIPE} = 'IGNORE';
		for my $n (1 .. 4000)
		{
			my $key = "$session-$n";
			print $psql $n % 3 ? "SELECT 'ticket', '$key', rui.open_ticket(1, 'general', 'need $key', request_key => '$key');\n"
			  : "SELECT 'payment', '$key', rui.record_payment(1, $n % 60 + 1, NULL, $n, 'cash', external_ref => '$key', request_key => '$key');\n";
		}
		close $psql;
		POSIX::_exit(0);
	}
	push @workers, $pid;
}
my $answers = sub {
	my @lines;
	for my $session (1 .. 3)
	{
		open my $in, '<', "$folder/answers.$session" or next;
		push @lines, grep { /^\w+\|[-0-9]+\|[0-9]+\n$/ } <$in>;
	}
	chomp @lines;
	return map { [ split /\|/ ] } @lines;
};
for (1 .. 6000) { last if $answers->() > 60; sleep(0.1) }
$primary->stop('immediate');
waitpid $_, 0 for @workers;
$standby->promote;
$standby->safe_psql('postgres', $_) for "ALTER SYSTEM SET synchronous_standby_names = ''", 'SELECT pg_reload_conf()';
my @told = $answers->();
cmp_ok(scalar @told, '>', 60, 'the primary ends in the midst of work');
for my $kind (qw(ticket payment))
{
	my $column = $kind eq 'ticket' ? "'need ' || v.key = a.details" : 'v.key = a.external_ref';
	my $values = join ',', map { "('$_->[1]', $_->[2])" } grep { $_->[0] eq $kind } @told;
	is($standby->safe_psql('postgres', "SELECT count(*) FROM (VALUES $values) v(key, id) WHERE NOT EXISTS (SELECT FROM rui.$kind a WHERE a.id = v.id AND $column)"), '0',
		"each $kind that was acknowledged is on the promoted server");
}
my ($kind, $key, $id) = @{ (grep { $_->[0] eq 'ticket' } @told)[-1] };
is($standby->safe_psql('postgres', "SELECT rui.open_ticket(1, 'general', 'need $key', request_key => '$key')"), $id, 'asked again, it gives the same answer');
is(FaultTown::problems($standby), '', 'nothing is broken');
is($standby->safe_psql('postgres', "SELECT rui.check_head(1, $published)"), 'holds', 'the head that was published before holds');
is($standby->safe_psql('postgres', "SELECT count(*) FROM rui.tick(1) t WHERE t.done IS NULL"), '0', 'duties go on');
is($standby->safe_psql('postgres', sprintf($piece, '2025-02-01') . ';' . sprintf($piece, '2025-02-01')), "40|f\n60|t", 'the bill goes on where it was');
is($standby->safe_psql('postgres', "SELECT count(*), count(DISTINCT unit_id) FROM rui.charge WHERE period = '[2025-02-01,2025-03-01)'"), '60|60', 'and charges everybody once');
cmp_ok($standby->safe_psql('postgres', $seal), '>', 0, 'it seals');
is(FaultTown::problems($standby), '', 'and all of it verifies');
my $later = $standby->safe_psql('postgres', $head);

# ------------------------------------------------------------------ an instant of before
$primary->start;
$primary->safe_psql('postgres', $_) for "ALTER SYSTEM SET synchronous_standby_names = ''", 'SELECT pg_reload_conf()';
is($primary->safe_psql('postgres', sprintf $piece, '2025-06-01'), '20|f', 'a piece of another bill');
my $instant = $primary->safe_psql('postgres', 'SELECT clock_timestamp()');
is($primary->safe_psql('postgres', sprintf $piece, '2025-06-01'), '40|f', 'and one after the instant to go back to');
$primary->safe_psql('postgres', $seal);
my $undone = $primary->safe_psql('postgres', $head);
my $walfile = $primary->safe_psql('postgres', 'SELECT pg_walfile_name(pg_current_wal_lsn())');
$primary->safe_psql('postgres', 'SELECT pg_switch_wal()');
$primary->poll_query_until('postgres', "SELECT last_archived_wal >= '$walfile' FROM pg_stat_archiver") or die 'nothing is archived';
my $back = PostgreSQL::Test::Cluster->new('back');
$back->init_from_backup($primary, 'before', has_restoring => 1, standby => 0);
$back->append_conf('postgresql.conf', "recovery_target_time = '$instant'\nrecovery_target_action = 'promote'\narchive_mode = off\n");
$back->start;
$back->poll_query_until('postgres', 'SELECT NOT pg_is_in_recovery()') or die 'recovery does not end';
my $count = "SELECT count(*) FROM rui.charge WHERE period = '[2025-06-01,2025-07-01)'";
is($back->safe_psql('postgres', $count), '20', 'what was billed before the instant is there, and no more');
is(FaultTown::problems($back), '', 'nothing is broken');
is($back->safe_psql('postgres', "SELECT rui.check_head(1, $published)"), 'holds', 'the head of before holds');
is($back->safe_psql('postgres', "SELECT rui.check_head(1, $undone)"), 'truncated', 'one of after is missed');
$back->safe_psql('postgres', "CALL rui.bill_month(1, '2025-06-01', 20, '2025-06-02')");
is($back->safe_psql('postgres', "SELECT count(*), count(DISTINCT unit_id) FROM rui.charge WHERE period = '[2025-06-01,2025-07-01)'"), '60|60', 'the bill goes on from there');
$back->safe_psql('postgres', $seal);
is(FaultTown::problems($back), '', 'and all of it verifies');
is($back->safe_psql('postgres', "SELECT rui.check_head(1, $undone)"), 'forked', 'what was sealed in the time that is undone is another story');
$primary->stop;

# ------------------------------------------------------------------ pg_upgrade
my $content = FaultTown::content($standby);
my $sequences = "SELECT string_agg(sequencename || ' ' || coalesce(last_value, 0), ',' ORDER BY sequencename) FROM pg_sequences WHERE schemaname = 'rui'";
my $next = $standby->safe_psql('postgres', $sequences);
$standby->stop;
my $new = PostgreSQL::Test::Cluster->new('new');
$new->init;
$new->append_conf('postgresql.conf', "jit = off\n");
my $bindir = $new->config_data('--bindir');
{
	# It leaves what it writes where it runs.
	my $upgraded = run_log([ 'sh', '-c', 'cd "$0" && exec "$@"', $folder, 'pg_upgrade', '--no-sync', '-d', $standby->data_dir, '-D', $new->data_dir, '-b', $bindir, '-B', $bindir,
		'-s', $new->host, '-p', $standby->port, '-P', $new->port ]);
	ok($upgraded, 'pg_upgrade');
}
$new->start;
is(FaultTown::content($new), $content, 'every row is the same');
is($new->safe_psql('postgres', $sequences), $next, 'and every id that comes next');
is(FaultTown::problems($new), '', 'nothing is broken, every seal verifies');
is($new->safe_psql('postgres', "SELECT rui.check_head(1, $later)"), 'holds', 'the last head holds');
is($new->safe_psql('postgres', "SELECT rui.open_ticket(1, 'general', 'need $key', request_key => '$key')"), $id, 'what is sent again is known');
cmp_ok($new->safe_psql('postgres', "SELECT rui.open_ticket(1, 'general', 'new')"), '>', $id, 'and work goes on');
is($new->safe_psql('postgres', "SELECT count(*) FROM rui.tick(1) t WHERE t.done IS NULL"), '0', 'with its duties');
is(FaultTown::problems($new), '', 'and nothing is broken');
done_testing();
