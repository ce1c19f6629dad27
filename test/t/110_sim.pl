# A community at work for some days, drawn from a seed: residents, stewards,
# technicians, the call desk, accountants, managers, a message gateway and an
# auditor, each by a login of its own, with time as an argument. The same days are
# lived twice: in quiet, and under a storm of cancelled, terminated and killed
# backends, lost answers, timeouts, a server that stops at once and whose clock
# steps forwards and back by minutes, hours and days, about a leap day. Each evening
# no invariant is broken, every seal verifies, and what was acknowledged is there;
# nothing fails with an error that its function does not name; and in the end both
# towns are alike in all that they say.
#
# SIM_SEED (1) is what happens, SIM_DAYS (3) for how many days, SIM_ACTS (24) how
# many actions on a day, SIM_STORM=0 leaves the second life out, SIM_LOG=FOLDER
# keeps what was done. `make sim SEED=2 DAYS=60` runs it alone.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Platform;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Sim;
use SimClock;
use SimTown;
use SimService;
use SimMoney;
use SimPeople;
use SimJudge;

my $seed = $ENV{SIM_SEED} // 1;
my $days = $ENV{SIM_DAYS} // 3;
my $acts = $ENV{SIM_ACTS} // 24;
# A month is billed on its second day, the one before it closed on the third.
my $first = Sim::midnight(('2025-03-01', '2024-02-01', '2025-01-01', '2024-03-01', '2025-04-01')[ $seed % 5 ]);

my $node = PostgreSQL::Test::Cluster->new('sim');
Platform::init($node);
$node->append_conf('postgresql.conf', "restart_after_crash = on\nsynchronous_commit = on\njit = off\n");
my $clock = SimClock->new($node);
$clock->start;
my $folder = $ENV{SIM_LOG} // PostgreSQL::Test::Utils::tempdir();

sub life
{
	my ($database, $has_faults) = @_;
	my $sim = Sim->new(seed => $seed, node => $node, database => $database, folder => $folder, clock => $clock, faults => $has_faults, first => $first, now => $first,
		kills => int($days / 5), root => { name => 'root', login => 'root', role => 'root' });
	open $sim->{log}, '>', "$folder/$database.log" or die "$folder/$database.log: $!";
	SimTown::actors($sim);
	return $sim;
}

# The deck of a day: so many of everything, by weight.
my @deck = map { my ($weight, $sub) = @$_; ($sub) x $weight } (map({ [ $_->[0] * 2, $_->[1] ] } @SimService::deck), map({ [ $_->[0] * 2, $_->[1] ] } @SimMoney::deck), @SimPeople::deck);

sub live
{
	my ($sim) = @_;
	my %crash = map { $_ => 1 } grep { $sim->{faults} && ($_ == 2 || $_ % 15 == 0) } 1 .. $days - 1;
	for my $day (0 .. $days - 1)
	{
		my $midnight = $first + $day * 86400;
		my $number = substr $sim->day($midnight), 8;
		my @agenda = (map({ [ $midnight + 7 * 3600 + $sim->number(15 * 3600), $sim->pick(@deck) ] } 1 .. $acts),
			map({ [ $midnight + $_ * 3600, sub { $_[0]->act($_[0]{actor}{d1}, 'tick', 'tick', '', keyed => 0) } ] } 5, 10, 15, 20));
		push @agenda, [ $midnight + 9 * 3600, sub { SimMoney::bill($_[0], $_[0]->month) } ] if $number eq '02' || $day == 0;
		push @agenda, [ $midnight + 18 * 3600, sub {
			my ($s, $month) = ($_[0], $_[0]->month(1));
			$s->act($s->{actor}{c1}, 'close for most', 'soft_close_period', "'$month'", keyed => 0, about => $month);
			$s->act($s->{actor}{c2}, 'close month', 'close_period', "'$month'", keyed => 0, about => $month);
		} ] if $number eq '03';
		for my $item (sort { $a->[0] <=> $b->[0] } @agenda)
		{
			$sim->{now} = $item->[0];
			$item->[1]->($sim);
		}
		$sim->crash if $crash{$day};
		my @problems = SimJudge::examine($sim);
		is(join("\n", @problems), '', "$sim->{database}: the evening of " . $sim->day);
	}
	$sim->{digest} = SimJudge::digest($sim);
	if ($ENV{SIM_LOG}) { my $f = $sim->{facts}; append_to_file("$folder/$sim->{database}.facts", join '', map { my $k = $_; map { "$k: $_\n" } @{ $f->{$k} } } sort keys %$f) }
	$sim->leave;
}

sub table
{
	my ($sim) = @_;
	my @lines = ("what $sim->{database} did, seed $seed, $days days, $sim->{step} actions:");
	for my $role (sort keys %{ $sim->{count} })
	{
		push @lines, sprintf '  %-12s %s', $role, join ', ', map { "$_ $sim->{count}{$role}{$_}" } sort keys %{ $sim->{count}{$role} };
	}
	push @lines, sprintf '  refused: %s', join '; ', map { my $w = $_; "$w " . join ' ', map { "$_ x$sim->{refused}{$w}{$_}" } sort keys %{ $sim->{refused}{$w} } } sort keys %{ $sim->{refused} };
	push @lines, sprintf '  faults: %s', join ', ', map { "$_ $sim->{fault}{$_}" } sort keys %{ $sim->{fault} } if $sim->{faults};
	push @lines, sprintf '  actions %s, end %s', substr($sim->{trace}, 0, 16), substr Digest::SHA::sha256_hex(join '', map { $sim->{digest}{$_} } sort keys %{ $sim->{digest} }), 0, 16;
	return join "\n", @lines;
}

SimTown::found($node, $first, 3 + int($days / 28));
my $quiet = life('quiet', 0);
SimTown::settle($quiet, $first, $days);
$quiet->leave;
# The server of PostgreSQL 15 sets sequences of a copy back when it crashes before the next checkpoint.
$node->safe_psql('postgres', $_) for $ENV{SIM_STORM} // 1 ? ('CREATE DATABASE stormy TEMPLATE quiet', 'CHECKPOINT') : ();
SimTown::residents($quiet);
live($quiet);
my $say = $ENV{SIM_SEED} ? \&diag : \&note;
$say->(table($quiet));
if ($ENV{SIM_STORM} // 1)
{
	# A day before a leap day, to which the steps go as well.
	$clock->move(Sim::midnight('2028-02-28') + 20 * 3600);
	my $stormy = life('stormy', 1);
	SimTown::residents($stormy);
	live($stormy);
	$say->(table($stormy));
	cmp_ok(scalar keys %{ $stormy->{fault} }, '>', 2, 'there was a storm');
	is($stormy->{trace}, $quiet->{trace}, 'the same was done');
	for my $kind (sort keys %{ $quiet->{digest} })
	{
		is($stormy->{digest}{$kind}, $quiet->{digest}{$kind}, "and the same has become of it: $kind") or diag(difference($quiet->{facts}{$kind}, $stormy->{facts}{$kind}));
	}
	ok($stormy->{fault}{'clock back'} && $stormy->{fault}{'clock forward'}, 'the clock stepped both ways');
	# When it has come to where it ever was, what waited for that is sealed.
	my $count = q{SELECT count(*) FROM rui.event e WHERE e.project_id = 1 AND e.recorded_at >= (SELECT max(s.before_at) FROM rui.seal s WHERE s.project_id = 1)};
	my $before = $node->safe_psql('stormy', $count);
	$clock->set($clock->{base} + 8 * 86400);
	is(join("\n", SimJudge::examine($stormy)), '', 'nothing is wrong when it is right again');
	is($node->safe_psql('stormy', $count), 1, "all but the event of the last seal is sealed, $before events late");
	$stormy->leave;
}
done_testing();

sub difference
{
	my ($quiet, $stormy) = @_;
	my (%q, %s);
	$q{$_}++ for @$quiet;
	$s{$_}++ for @$stormy;
	return join "\n", map({ "quiet  $_" } grep { ($q{$_} // 0) > ($s{$_} // 0) } sort keys %q), map { "stormy $_" } grep { ($s{$_} // 0) > ($q{$_} // 0) } sort keys %s;
}
