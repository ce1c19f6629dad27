# What becomes of debts in the stream of money: payments, waivers, write-offs,
# recognition, and months that close.
package Stream;
use strict;
use warnings;
use List::Util qw(max min);
use MoneyModel;
use Test::More;
use StreamCharge;

our ($model, $now, $first, $step, @units, @parties, %count, %closed, %next);

sub payment
{
	my ($at, $unit, $payer, @wishes) = (when(), one_of(@units), one_of(@parties));
	if (my $c = $model->{charges}{ some_open() // 0 })
	{
		($unit, $payer) = @$c{qw(unit payer)} if defined $c->{unit} && defined $c->{payer};
	}
	my $scope = rand();
	if ($scope < 0.4) { undef $payer } elsif ($scope < 0.7) { undef $unit }
	my @mine = grep { my $c = $model->{charges}{$_}; (!defined $unit || ($c->{unit} // 0) == $unit) && (!defined $payer || ($c->{payer} // 0) == $payer) } ids('charges');
	if (@mine && rand() < 0.4) { push @wishes, one_of(@mine) for 1 .. 1 + int(rand(3)) }
	my $owed = 0;
	$owed += $model->open_amount($model->{charges}{$_}) for @mine;
	# In part, exactly, too much, or a few cents.
	my $amount = max(1, (int(rand($owed + 1)), $owed, $owed + int(rand(50000)), 1 + int(rand(9)), 1 + int(rand(60000)))[ rand 5 ]);
	my $channel = one_of(qw(cash bank wechat));
	my $reference = rand() < 0.5 ? "x$step" : undef;
	command('payment', "SELECT rui.record_payment(1, " . value($unit) . ', ' . value($payer) . ', ' . money($amount) . ", '$channel', "
		  . (@wishes ? "'{" . join(',', @wishes) . "}'" : 'NULL') . (defined $reference ? ", '$reference'" : ', NULL') . key($at), 1, sub {
		$model->pay(id => ($_[0] // 0) + 0, unit => $unit, payer => $payer, amount => $amount, channel => $channel, wishes => \@wishes, at => $at, reference => $reference);
	});
}

# A statement of a channel with what came by it, right or a cent off, and then what
# it all is. What a statement shows is not taken back any more.
sub statement
{
	my $channel = one_of(qw(bank wechat));
	my @mine = grep { my $p = $model->{payments}{$_}; $p->{channel} eq $channel && defined $p->{reference} && !$model->{lines}{ $p->{reference} } } ids('payments');
	@mine = @mine[ 0 .. 5 ] if @mine > 6;
	return unless @mine;
	my %amount = map { $_ => max(1, $model->{payments}{$_}{amount} + (0, 0, 0, 1, -1)[ rand 5 ]) } @mine;
	my $records = join ',', map { sprintf '{"at":"%s","kind":"receipt","amount":%s,"reference":"%s"}', MoneyModel::text_of(MoneyModel::day_at($model->{payments}{$_}{at})),
		money($amount{$_}), $model->{payments}{$_}{reference} } @mine;
	my $sum = 0;
	$sum += $_ for values %amount;
	command('statement', "SELECT count(*) FROM rui.import_statement(1, '$channel', 's$step', '[$records]', 0, " . money($sum) . key($now) . " r WHERE r.outcome = 'added'", 1, sub {
		die "lines are wrong\n" if defined $_[0] && $_[0] != @mine;
		$model->{lines}{ $model->{payments}{$_}{reference} } = { amount => $amount{$_}, payment => $_, state => 'unmatched' } for @mine;
	});
}

sub reconciliation
{
	command('reconciliation', 'SELECT count(*) FROM rui.reconcile(1, at => ' . at($now) . ')', 0, sub {
		for my $line (values %{ $model->{lines} })
		{
			my $payment = $model->{payments}{ $line->{payment} };
			next if $line->{state} ne 'unmatched' || defined $payment->{back_at};
			$line->{state} = $line->{amount} == $payment->{amount} ? 'matched' : $line->{amount} < $payment->{amount} ? 'short' : 'over';
			$payment->{is_shown} = 1;
		}
	});
}

sub payment_back
{
	my $id = one_of(ids('payments')) // return;
	my $at = when();
	return payout('payment_reversal', $id, undef) if rand() < 0.5;
	command('payment back', "SELECT rui.reverse_payment(1, $id, 'Bounced', " . at($at) . ')', 0, sub { $model->reverse_payment($id, $at) });
}

# What another decides on: now or later, or who asked withdraws it.
sub payout
{
	my ($kind, $row, $amount, $channel) = @_;
	my ($at, $id) = (when());
	command("$kind asked for", "SELECT rui.request_payout(1, '$kind', $row, 'Asked', " . (defined $amount ? money($amount) : 'NULL') . ', ' . ($channel ? "'$channel'" : 'NULL') . key($at), 1, sub {
		$id = ($_[0] // 0) + 0;
		$model->request_payout(id => $id, kind => $kind, row => $row, amount => $amount, channel => $channel, at => $at);
	});
	payout_decision($id) if $id && rand() < 0.7;
}

sub payout_decision
{
	my $id = $_[0] // one_of(grep { $model->{payouts}{$_}{state} eq 'requested' } ids('payouts')) // one_of(ids('payouts')) // return;
	my ($at, $dice) = (when(), rand());
	return command('payout withdrawn', "SELECT rui.withdraw_payout(1, $id" . key($at), 1, sub { $model->settle_payout($id, 'withdrawn', $at) }) if $dice < 0.1;
	my $is_approved = $dice < 0.9 ? 1 : 0;
	command('payout decided', "SELECT rui.decide_payout(1, $id, " . ($is_approved ? 'true' : 'false') . key($at), 1, sub {
		my ($row) = defined $_[0] && $is_approved ? rows("SELECT p.done_id FROM rui.payout p WHERE p.id = $id") : [];
		$model->settle_payout($id, $is_approved ? 'approved' : 'refused', $at, ($row->[0] // 0) + 0);
	}, 'second');
}

sub refund
{
	my $id = one_of(grep { $model->left_over($model->{payments}{$_}) > 0 } ids('payments')) // one_of(ids('payments')) // return;
	my $at = when();
	my $amount = max(1, int($model->left_over($model->{payments}{$id}) * rand(1.2)));
	return payout('refund', $id, rand() < 0.2 ? undef : $amount) if rand() < 0.5;
	command('refund', "SELECT rui.refund_payment(1, $id, " . money($amount) . ", 'Too much'" . key($at), 1, sub { $model->refund($id, $amount, $at, ($_[0] // 0) + 0) });
}

sub waiver
{
	my ($charge, $at) = (some_open() // return, when());
	my $open = $model->open_amount($model->{charges}{$charge});
	my $amount = max(1, (int(rand($open + 1)), $open, $open + 1)[ rand 3 ]);
	my $id;
	command('waiver', "SELECT rui.request_waiver(1, $charge, " . money($amount) . ", 'Lift'" . key($at), 1, sub {
		$id = ($_[0] // 0) + 0;
		$model->request_waiver($id, $charge, $amount, $at);
	});
}

sub decision
{
	my $id = one_of(grep { $model->{waivers}{$_}{state} eq 'requested' } ids('waivers')) // one_of(ids('waivers')) // return;
	my ($at, $is_approved) = (when(), rand() < 0.75 ? 1 : 0);
	command('waiver decided', "SELECT rui.decide_waiver(1, $id, " . ($is_approved ? 'true' : 'false') . key($at), 1, sub { $model->decide_waiver($id, $is_approved, $at) }, 'second');
}

# As a tick would, or only of some months; sent twice it adds nothing.
sub recognition
{
	my $at = shift // when();
	my $month = MoneyModel::month_over($at);
	$month = MoneyModel::month_of($month - 1) if rand() < 0.2;
	command('recognition', 'SELECT rui.recognize_revenue(1, ' . day($month) . key($at), 1, sub { $model->recognize($month, $at) });
}

# Some charges, or all of a payer's that are overdue for so long.
sub write_off
{
	my ($charge, $at) = (some_open() // return, when());
	my $payer = $model->{charges}{$charge}{payer};
	my @charges = ($charge, map { some_open() } 1 .. int(rand(3)));
	my $days = defined $payer && rand() < 0.5 ? 1 + int(rand(60)) : undef;
	my $id;
	command('write-off', 'SELECT rui.request_write_off(1, ' . ($days ? "NULL, $payer, $days" : "'{" . join(',', @charges) . "}', NULL, NULL") . ", 'Gone', 'Letters'" . key($at), 1, sub {
		$id = ($_[0] // 0) + 0;
		$model->request_write_off($id, $days ? undef : \@charges, $payer, $days, $at);
	});
	write_off_decision($id) if $id && rand() < 0.6;
}

sub write_off_decision
{
	my $id = $_[0] // one_of(grep { $model->{write_offs}{$_}{state} eq 'requested' } ids('write_offs')) // one_of(ids('write_offs')) // return;
	my ($at, $is_approved) = (when(), rand() < 0.85 ? 1 : 0);
	command('write-off decided', "SELECT rui.decide_write_off(1, $id, " . ($is_approved ? 'true' : 'false') . key($at), 1,
		sub { $model->decide_write_off($id, $is_approved, $at) }, 'second');
}

# A payment that names what is written off, or a prepayment that is used for it.
sub recovery
{
	my @lost = grep { $model->written_off($_) > 0 } ids('charges');
	my $charge = one_of(@lost) // return write_off();
	my ($at, $c) = (when(), $model->{charges}{$charge});
	my @pockets = grep { my $p = $model->{payments}{$_}; $model->left_over($p) > 0 && (rand() < 0.05
		|| ($p->{unit} // $c->{unit} // 0) == ($c->{unit} // 0) && ($p->{payer} // $c->{payer} // 0) == ($c->{payer} // 0)) } ids('payments');
	if (@pockets && rand() < 0.5)
	{
		my ($id, @named) = (one_of(@pockets), $charge, rand() < 0.3 ? one_of(@lost) : ());
		command('recovery', "SELECT rui.recover_write_off(1, $id, '{" . join(',', @named) . "}'" . key($at), 1, sub { $model->recover($id, \@named, $at) });
		return;
	}
	my ($unit, $payer) = defined $c->{unit} ? ($c->{unit}, undef) : (undef, $c->{payer});
	my $amount = 1 + int(rand(1.3 * $model->payable($c, 1)));
	command('payment of a loss', 'SELECT rui.record_payment(1, ' . value($unit) . ', ' . value($payer) . ', ' . money($amount) . ", 'bank', '{$charge}', NULL" . key($at), 1, sub {
		$model->pay(id => ($_[0] // 0) + 0, unit => $unit, payer => $payer, amount => $amount, channel => 'bank', wishes => [$charge], at => $at);
	});
}

sub close_month
{
	recognition($now) if rand() < 0.8;
	my $month = rand() < 0.9 ? ($model->{closed} ? MoneyModel::next_month($model->{closed}) : $first) : MoneyModel::month_of(MoneyModel::day_at($now));
	my $is_done;
	command('close', 'SELECT rui.close_period(1, ' . day($month) . ', at => ' . at($now) . ')', 0, sub {
		MoneyModel::refuse('a run in pieces has not come to its end') if grep { $_ <= $month && $next{$_} } keys %next;
		$model->close_month($month, $now);
		$is_done = 1;
	});
	note_closed($month) if $is_done;
}

# For everybody but who may post in it all the same, as who acts here may.
sub soften_month
{
	my $month = one_of(grep { $model->{months}{$_} eq 'open' } keys %{ $model->{months} }) // return;
	command('soft close', 'SELECT rui.soft_close_period(1, ' . day($month) . ', at => ' . at($now) . ')', 0, sub { $model->soften_month($month, $now) });
}

sub reopen_month
{
	my ($month) = grep { $model->{months}{$_} eq 'soft_closed' } sort { $b <=> $a } keys %{ $model->{months} };
	$month //= $model->{closed} // return;
	$month = MoneyModel::month_of($month - 1) if rand() < 0.2 && $month > $first;
	my $is_done;
	command('reopen', 'SELECT rui.reopen_period(1, ' . day($month) . ", 'Forgotten', at => " . at($now) . ')', 0, sub { $model->reopen_month($month); $is_done = 1 });
	delete $closed{ substr MoneyModel::text_of($month), 0, 7 } if $is_done;
}

# A key that came with other content is refused, and what it did stays.
sub wrong_key
{
	my ($id) = reverse ids('payments');
	return unless $id;
	my ($row) = rows("SELECT r.request_key FROM rui.request r WHERE r.command = 'record_payment' AND r.party_id = 1 ORDER BY r.recorded_at DESC LIMIT 1");
	return unless $row;
	my ($state) = ask('first', "SELECT rui.record_payment(1, $units[0], NULL, 123456.78, 'cash', request_key => '$row->[0]', at => " . at($now) . ')');
	$count{'wrong key'}++;
	is($state, 'RU409', 'a key with other content') if $state ne 'RU409';
}

1;
