# A seeded stream of everything that moves money in a project, over months of
# a simulated calendar, beside a slow model of the same (MoneyModel.pm):
# after each month every charge, allocation, payment, line of a statement, waiver, write-off, late fee, arrear,
# discount, lease, shared cost, deposit, dispute, metered use and balance is what the
# model says, and no invariant is broken. On the way
# statements are cancelled, backends terminated and killed, the whole server killed in
# the midst of a step, answers lost, and the server stopped at once between steps;
# then the step is sent again. Two sessions bill at once.
#
# STREAM_SEED (1) is what happens, STREAM_DAYS (40) for how many days, STREAM_EVENTS
# (4) how many commands on a day at most, STREAM_CHECK=step compares after each step.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use StreamSource;

package Stream;
our ($model, $now, $first, %count, %session, %item, @units, @source_deck, @strikes);
my $days = $ENV{STREAM_DAYS} // 40;
my $events = $ENV{STREAM_EVENTS} // 4;

start_server();
build_company();
build_town();
build_meters();
opening();

my @deck = (@source_deck, (\&payment) x 9, (\&order) x 4, (\&charge_back) x 3, (\&payment_back) x 2, (\&refund) x 2, (\&payout_decision) x 2, (\&waiver) x 3, (\&decision) x 4, (\&late_fee) x 3, (\&recognition) x 2,
	(\&write_off) x 3, (\&write_off_decision) x 1, (\&recovery) x 3,
	(\&wrong_key) x 1, (\&statement) x 2, (\&reconciliation) x 1, (\&soften_month) x 1, (\&opening) x 1,
	(sub { change_price(one_of(sort keys %item), one_of('any', 'home', 'shop', 'parking'), MoneyModel::day_at($now) - 15 + int(rand(30))) }) x 2,
	(sub { move(one_of(qw(owners households)), one_of(@units), MoneyModel::day_at($now) - 12 + int(rand(24))) }) x 4,
	(sub {
		my @months = grep { $_ <= MoneyModel::day_at($now) + 31 } map { my $m = $first; $m = MoneyModel::next_month($m) for 1 .. $_; $m } 0 .. 40;
		bill(one_of(@months[ max(0, $#months - 3) .. $#months ]), when());
	}) x 2);

for my $today ($first + 3 .. $first + 2 + $days)
{
	my $month = MoneyModel::month_of($today);
	my @times = sort { $a <=> $b } map { $today * 86400 + int(rand(86400)) } 1 .. int(rand($events + 1)) + 1;
	for my $time (@times)
	{
		$now = $time;
		if ($time == $times[0] && $today - $month == 2) { read_all(); bill($month, $now) }
		elsif ($time == $times[0] && $today - $month == 7 && rand() < 0.8) { close_month() }
		elsif ($time == $times[0] && $today - $month == 9 && rand() < 0.4) { reopen_month() }
		elsif ($time == $times[0] && $today - $month == 12 && rand() < 0.7) { close_month() }
		else { one_of(@deck)->() }
	}
	compare('until ' . MoneyModel::text_of($today) . ' all is as the model says') if $today + 1 == MoneyModel::next_month($today) || $today == $first + 2 + $days;
}

ok($count{$_}, "it has survived: $_") for @strikes;
note(join ', ', map { "$_ $count{$_}" } sort keys %count);
leave($_) for keys %session;
done_testing();
