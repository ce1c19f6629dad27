# What the stream of money knows beside runs and payments: discounts, leases,
# shared costs, stays on parking places, deposits, disputes, and ticks.
package Stream;
use strict;
use warnings;
use List::Util qw(max min sum0);
use MoneyModel;
use Test::More;
use StreamMeter;

our ($model, $now, $first, $step, @units, @parties, @meter_deck);

sub today { return MoneyModel::day_at($now) }
sub days { my ($from, $to) = @_; return "'[" . MoneyModel::text_of($from) . ',' . (defined $to ? MoneyModel::text_of($to) : '') . ")'" }
sub waiting { my ($table, $state) = @_; return one_of(grep { $model->{$table}{$_}{state} eq $state } ids($table)) // one_of(ids($table)) }

# ------------------------------------------------------------------ discounts
sub discount
{
	my ($at, $code, $share) = (when(), one_of(qw(property property heat family park)), one_of(0, 500000, 700000, 333333, int(rand(1000000))));
	my @some = grep { rand() < 0.4 } @units;
	@some = (one_of(@units)) unless @some;
	my $from = today() - 40 + int(rand(60));
	my $to = rand() < 0.4 ? undef : $from + 1 + int(rand(60));
	my $payer = rand() < 0.3 ? one_of(@parties) : undef;
	my $id;
	command('discount', sprintf("SELECT rui.request_discount(1, '$code', '{%s}', %.6f, %s, 'agreed', 'Asked', %s%s", join(',', @some), $share / 1e6, days($from, $to),
			value($payer), key($at)), 1, sub {
		$id = ($_[0] // 0) + 0;
		$model->request_discount(id => $id, item => $code, units => \@some, share => $share, from => $from, to => $to, payer => $payer, at => $at);
	});
	discount_decision($id) if $id && rand() < 0.7;
}

sub discount_decision
{
	my $id = $_[0] // waiting('discounts', 'requested') // return;
	my ($at, $is_approved) = (when(), rand() < 0.85 ? 1 : 0);
	command('discount decided', "SELECT rui.decide_discount(1, $id, " . ($is_approved ? 'true' : 'false') . key($at), 1,
		sub { $model->decide_discount($id, $is_approved, $at) }, 'second');
}

sub discount_end
{
	my $id = waiting('discounts', 'approved') // return;
	my ($at, $last_day) = (when(), $model->{discounts}{$id}{from} - 2 + int(rand(50)));
	command('discount ended', "SELECT rui.end_discount(1, $id, " . day($last_day) . key($at), 1, sub { $model->end_discount($id, $last_day, $at) });
}

# ------------------------------------------------------------------ leases
sub new_rents
{
	my $last = max(0, ids('charges'));
	return rows(q{SELECT c.id, concat_ws(' ', y.lease_id, lower(c.period), upper(c.period), c.revision) FROM rui.charge c
		JOIN rui.lease_cycle y ON y.id = c.source_id WHERE c.source = 'lease' AND c.id > } . $last . ' ORDER BY c.id');
}

# Of today or of some years ago; some from the last days of a month.
sub lease
{
	my $at = when();
	my $from = today() - (int(rand(40)) - 10, int(rand(40)), 400 + int(rand(700)))[ rand 3 ];
	$from = MoneyModel::month_of($from) - 1 - int(rand(3)) if rand() < 0.3;
	my $to = rand() < 0.5 ? undef : $from + 1 + int(rand(500));
	my %lease = (item => 'rent', unit => one_of(@units), lessee => one_of(@parties), price => 1 + int(rand(500000)), months => one_of(1, 1, 1, 2, 3, 6, 12),
		rate => one_of(0, 5, 9), rise => one_of(0, 30000, int(rand(200000))), due_days => int(rand(20)), from => $from, to => $to,
		charged_from => rand() < 0.2 ? today() - int(rand(40)) : undef, at => $at);
	my $id;
	command('lease', sprintf("SELECT rui.propose_lease(1, %d, %d, 'rent', %s, %s, %d, %s, %.6f, %d, %s%s", @lease{qw(unit lessee)}, money($lease{price}), days($from, $to),
			$lease{months}, $lease{rate} ? sprintf('%.2f', $lease{rate} / 100) : 'NULL', $lease{rise} / 1e6, $lease{due_days},
			defined $lease{charged_from} ? day($lease{charged_from}) : 'NULL', key($at)), 1, sub {
		$id = ($_[0] // 0) + 0;
		$model->propose_lease(%lease, id => $id);
	});
	lease_decision($id) if $id && rand() < 0.8;
}

sub lease_decision
{
	my $id = $_[0] // waiting('leases', 'proposed') // return;
	my ($at, $is_approved) = (when(), rand() < 0.9 ? 1 : 0);
	command('lease decided', "SELECT rui.decide_lease(1, $id, " . ($is_approved ? 'true' : 'false') . key($at), 1,
		sub { $model->decide_lease($id, $is_approved, $at) }, 'second');
}

sub lease_end
{
	my $id = waiting('leases', 'running') // return;
	my $lease = $model->{leases}{$id};
	my ($at, $last_day) = (when(), (today() - 20 + int(rand(40)), today() + 30 + int(rand(60)), $lease->{from} + int(rand(60)))[ rand 3 ]);
	command('lease ended', "SELECT rui.end_lease(1, $id, " . day($last_day) . key($at), 1,
		sub { $model->end_lease($id, $last_day, $at, defined $_[0] ? new_rents() : ()) });
}

sub tick
{
	my $at = $_[0] // when();
	command('tick', 'SELECT count(*) FROM rui.tick(1, ' . at($at) . ')', 0, sub { $model->tick($at, defined $_[0] ? new_rents() : ()) });
}

# ------------------------------------------------------------------ shared costs
sub share
{
	my ($at, $code, $basis) = (when(), one_of(qw(lift pump light)), one_of(qw(area area unit weight)));
	my @some = rand() < 0.4 && $basis ne 'weight' ? @units : grep { rand() < 0.5 } @units;
	@some = @units[ 0, 1 ] unless @some;
	my $is_all = @some == @units && $basis ne 'weight';
	my @weights = map { $basis eq 'area' ? $model->{units}{$_}{area} : $basis eq 'unit' ? 1 : rand() < 0.2 ? 0 : int(rand(1000)) } @some;
	my $from = today() - 45 + int(rand(48));
	my $to = $from + 1 + int(rand(40));
	my $amount = 1 + int(rand(one_of(20, 5000, 300000)));
	my $sql = sprintf "SELECT s.unit_id, s.charge_id FROM rui.share_cost(1, '$code', 'shared', %s, %s, '$basis', %s%s%s s WHERE s.charge_id IS NOT NULL",
	  days($from, $to), money($amount), $is_all ? 'building_id => 1' : "unit_ids => '{" . join(',', @some) . "}'",
	  $basis eq 'weight' ? ", weights => '{" . join(',', map { sprintf '%.1f', $_ / 10 } @weights) . "}'" : '', key($at);
	command('cost shared', $sql, 1, sub {
		my %charge = map { split /\|/ } split /\n/, $_[0] // '';
		my ($row) = defined $_[0] ? rows('SELECT max(s.id) FROM rui.shared_cost s') : [0];
		$model->share_cost(id => $row->[0], code => $code, item => 'shared', units => \@some, weights => \@weights, from => $from, to => $to, amount => $amount,
			charges => \%charge, at => $at);
	});
}

sub share_back
{
	my $id = one_of(grep { !defined $model->{costs}{$_}{back_at} || rand() < 0.1 } ids('costs')) // return;
	my $at = when();
	command('cost taken back', "SELECT rui.reverse_shared_cost(1, $id, 'Wrong bill', " . at($at) . ')', 0, sub { $model->reverse_cost($id, $at) });
}

# ------------------------------------------------------------------ parking
sub stay
{
	my ($at, $plate) = (when(), 'A' . int(rand(6)));
	my $to = $at - int(rand(3) * rand(86400));
	my $from = $to - 1 - int(rand(one_of(3600, 30000, 400000)));
	my ($unit, $payer) = rand() < 0.5 ? (one_of(@units), undef) : (undef, one_of(@parties));
	$payer //= one_of(@parties) if rand() < 0.2;
	command('stay', "SELECT rui.charge_stay(1, 'visit', '$plate', " . at($from) . ', ' . at($to) . ', ' . value($payer) . ', ' . value($unit) . key($at), 1, sub {
		$model->charge_stay(id => ($_[0] // 0) + 0, item => 'visit', plate => $plate, from_at => $from, to_at => $to, payer => $payer, unit => $unit, at => $at);
	});
}

# ------------------------------------------------------------------ deposits
sub deposit
{
	my ($at, $party, $unit, $amount, $channel) = (when(), one_of(@parties), rand() < 0.6 ? one_of(@units) : undef, 1 + int(rand(200000)), one_of(qw(cash bank wechat)));
	command('deposit', "SELECT rui.take_deposit(1, $party, 'decoration', " . money($amount) . ", '$channel', " . value($unit) . ', NULL' . key($at), 1, sub {
		$model->take_deposit(id => ($_[0] // 0) + 0, party => $party, unit => $unit, amount => $amount, channel => $channel, at => $at);
	});
}

sub held_deposit { return one_of(grep { $model->held($_) > 0 } ids('deposits')) // one_of(ids('deposits')) }
sub part_of { my ($sum) = @_; return max(1, (int(rand($sum + 1)), $sum, $sum + 1)[ rand 3 ]) }

sub deposit_back
{
	my $id = held_deposit() // return deposit();
	my ($at, $amount, $channel) = (when(), rand() < 0.3 ? undef : part_of($model->held($id)), rand() < 0.3 ? 'cash' : undef);
	return payout('deposit_return', $id, $amount, $channel) if rand() < 0.5;
	command('deposit back', "SELECT rui.return_deposit(1, $id, " . (defined $amount ? money($amount) : 'NULL') . ", 'Done', " . ($channel ? "'$channel'" : 'NULL') . key($at), 1,
		sub { $model->return_deposit(($_[0] // 0) + 0, $id, $amount, $channel, $at) });
}

sub forfeit
{
	my $deposit = held_deposit() // return deposit();
	my ($at, $amount, $code) = (when(), part_of($model->held($deposit)), rand() < 0.9 ? 'damage' : 'repair');
	my $id;
	command('forfeit', "SELECT rui.request_forfeit(1, $deposit, '$code', " . money($amount) . ", 'A wall'" . key($at), 1, sub {
		$id = ($_[0] // 0) + 0;
		$model->request_forfeit(id => $id, deposit => $deposit, item => $code, amount => $amount, at => $at);
	});
	forfeit_decision($id) if $id && rand() < 0.6;
}

sub forfeit_decision
{
	my $id = $_[0] // waiting('forfeits', 'requested') // return;
	my ($at, $is_approved) = (when(), rand() < 0.85 ? 1 : 0);
	command('forfeit decided', "SELECT rui.decide_forfeit(1, $id, " . ($is_approved ? 'true' : 'false') . key($at), 1, sub {
		my ($row) = defined $_[0] ? rows("SELECT f.charge_id, f.payment_id FROM rui.deposit_forfeit f WHERE f.id = $id") : [];
		$model->decide_forfeit($id, $is_approved, $at, @$row);
	}, 'second');
}

# ------------------------------------------------------------------ disputes
sub dispute
{
	my ($charge, $at) = (one_of(grep { my @l = $model->late_fee($model->{charges}{$_}, $now); @l && $l[1] > 0 } ids('charges')) // some_open() // return, when());
	command('dispute', "SELECT rui.open_dispute(1, $charge, 'Not mine'" . key($at), 1, sub { $model->open_dispute(($_[0] // 0) + 0, $charge, $at) });
}

sub dispute_end
{
	my $id = waiting('disputes', 'open') // return dispute();
	my ($at, $dice) = (when(), rand());
	if ($dice < 0.2)
	{
		command('dispute withdrawn', "SELECT rui.withdraw_dispute(1, $id" . key($at), 1, sub { $model->end_dispute($id, 'withdrawn', $at) });
		return;
	}
	my $state = $dice < 0.6 ? 'upheld' : 'rejected';
	command("dispute $state", "SELECT rui.settle_dispute(1, $id, " . ($state eq 'upheld' ? 'true' : 'false') . ', NULL' . key($at), 1,
		sub { $model->end_dispute($id, $state, $at) }, 'second');
}

our @source_deck = (@meter_deck, (\&discount) x 3, (\&discount_decision) x 1, (\&discount_end) x 2, (\&lease) x 3, (\&lease_decision) x 1, (\&lease_end) x 3, (\&tick) x 4,
	(\&share) x 4, (\&share_back) x 2, (\&stay) x 3, (\&deposit) x 2, (\&deposit_back) x 2, (\&forfeit) x 3, (\&forfeit_decision) x 1, (\&dispute) x 3, (\&dispute_end) x 3);

1;
