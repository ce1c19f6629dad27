# What moves money in 110_sim.pl: bills, payments, what is taken back, disputed,
# waived, promised, dunned, written off, reconciled and closed.
package SimMoney;
use strict;
use warnings;

# Money is the work of two accountants and two managers, so that each decides what another asked for.
sub accountant { my ($sim) = @_; return $sim->{actor}{ $sim->pick(qw(c1 c2)) } }
sub decider { my ($sim) = @_; return $sim->{actor}{ $sim->pick(qw(m1 m2 c1 c2)) } }
sub open_charge { my ($sim, $who) = @_; return $sim->pick($sim->look($who, 'SELECT charge_id, unit_id, payer_id, open_amount FROM rui.charge_open WHERE open_amount > 0 ORDER BY charge_id')) }
sub some_charge { my ($sim, $who) = @_; return $sim->pick($sim->look($who, 'SELECT charge_id, unit_id, payer_id, gross FROM rui.charge_open ORDER BY charge_id')) }
sub value { return defined $_[0] && $_[0] ne '' ? $_[0] : 'NULL' }

# In one transaction, in pieces or as a procedure that commits; now and then twice.
sub bill
{
	my ($sim, $month) = @_;
	$month //= $sim->month($sim->pick(0, 0, 1, -1));
	my $who = accountant($sim);
	my $kind = $sim->number(3);
	if ($kind == 0) { $sim->act($who, 'billing', 'run_billing', "'$month'", keyed => 0, about => $month) }
	elsif ($kind == 1) { $sim->act($who, 'billing piece', 'continue_billing', "'$month', 6", keyed => 0, about => $month) for 1 .. 3 }
	else { $sim->act($who, 'billing month', 'bill_month', "'$month', 4", keyed => 0, procedure => 1, about => $month) }
}

sub payment
{
	my ($sim) = @_;
	my $who = $sim->{actor}{ $sim->pick(qw(a1 c1 c2)) };
	my $charge = open_charge($sim, $who) // some_charge($sim, $who) // return;
	my ($id, $unit, $payer, $open) = @$charge;
	my $amount = $sim->pick($open, $open, sprintf('%.2f', $open * 0.4 + 0.01), sprintf('%.2f', $open + 150), '20.00');
	my $channel = $sim->pick(qw(cash bank wechat wechat alipay card));
	my $scope = $sim->number(3);
	($unit, $payer) = $scope == 0 ? ($unit, undef) : $scope == 1 ? (undef, $payer) : ($unit, $payer) if $unit ne '' && $payer ne '';
	# The channel's number may have come before: each counts once.
	my $reference = $channel =~ /wechat|alipay/ ? ($sim->chance(0.1) && @{ $sim->{references} // [] } ? $sim->pick(@{ $sim->{references} }) : "X$sim->{step}") : undef;
	my ($done) = $sim->act($who, 'payment', 'record_payment', join(', ', value($unit), value($payer), $amount, "'$channel'", $sim->chance(0.3) ? "ARRAY[$id]::bigint[]" : 'NULL', $reference ? "'$reference'" : 'NULL'),
		about => "$amount $channel", kept => [ payment => "amount = $amount" ], at => $sim->{now} - $sim->pick(0, 0, 0, 0, 86400, 4 * 86400));
	push @{ $sim->{references} }, $reference if $done && $reference;
	push @{ $sim->{receipts} }, { amount => $amount, reference => $reference, at => $sim->day } if $done && $channel eq 'wechat';
}

sub back
{
	my ($sim) = @_;
	my $who = $sim->{actor}{ $sim->pick(qw(c1 m1)) };
	my $kind = $sim->number(4);
	if ($kind == 3) { ask_payout($sim, $who) }
	elsif ($kind == 0)
	{
		my $payment = $sim->pick($sim->look($who, 'SELECT payment_id, left_over FROM rui.payment_open WHERE left_over > 0 ORDER BY payment_id')) // return;
		$sim->act($who, 'refund', 'refund_payment', "$payment->[0], " . sprintf('%.2f', $payment->[1] * $sim->pick(0.5, 1, 1.2) + 0.004) . ", 'too much'", about => $payment->[1]);
	}
	elsif ($kind == 1)
	{
		my $payment = $sim->pick($sim->look($who, 'SELECT payment_id, amount FROM rui.payment_open ORDER BY payment_id')) // return;
		$sim->act($who, 'payment back', 'reverse_payment', "$payment->[0], 'bounced'", keyed => 0, about => $payment->[1]);
	}
	else
	{
		my $charge = some_charge($sim, $who) // return;
		$sim->act($who, 'charge back', 'reverse_charge', "$charge->[0], 'wrong', " . ($sim->chance(0.6) ? 'true' : 'false'), keyed => 0, about => $charge->[3]);
	}
}

# What is beyond the limit of one person, and some that is not; who asks may be who decides: he must not.
sub ask_payout
{
	my ($sim, $who) = @_;
	my ($kind, $from) = @{ $sim->pick([ refund => 'SELECT payment_id, left_over FROM rui.payment_open WHERE left_over > 0 ORDER BY payment_id' ],
		[ deposit_return => 'SELECT deposit_id, held FROM rui.deposit_held WHERE held > 0 ORDER BY deposit_id' ],
		[ payment_reversal => 'SELECT payment_id, amount FROM rui.payment_open ORDER BY payment_id' ], [ charge_reversal => 'SELECT charge_id, gross FROM rui.charge_open ORDER BY charge_id' ]) };
	my $about = $sim->pick($sim->look($who, $from)) // return;
	my ($done, $rows) = $sim->act($who, 'ask for payout', 'request_payout', "'$kind', $about->[0], 'asked', " . ($kind =~ /refund|return/ ? $sim->pick('NULL', '10.00', '9000.00') : 'NULL'), about => "$kind $about->[1]");
	return unless $done && $sim->chance(0.6);
	if ($sim->chance(0.15)) { $sim->act($who, 'withdraw payout', 'withdraw_payout', $rows->[0][0]) }
	else { $sim->act(decider($sim), 'decide payout', 'decide_payout', "$rows->[0][0], true") }
}

sub order
{
	my ($sim) = @_;
	my $who = accountant($sim);
	my $unit = $sim->pick($sim->look($who, 'SELECT id FROM rui.unit ORDER BY code'));
	$sim->act($who, 'order', 'add_charge', "'repair', " . (10 + $sim->number(300)) . ", $unit->[0]" . ($sim->chance(0.3) ? ", from_on => '" . $sim->day . "', to_on => '" . $sim->day($sim->{now} + 90 * 86400) . "'" : ''),
		kept => [ charge => 'true' ]);
}

sub late_fee { my ($sim) = @_; my $who = accountant($sim); my $charge = open_charge($sim, $who) // return; $sim->act($who, 'late fee', 'charge_late_fee', $charge->[0], about => $charge->[3]) }

sub dispute
{
	my ($sim) = @_;
	my $who = $sim->chance(0.6) ? $sim->pick(@{ $sim->{residents} }) : $sim->{actor}{a1};
	my $charge = $sim->pick($sim->look($who, 'SELECT id, gross FROM rui.charge ORDER BY id')) // return;
	my ($done, $rows) = $sim->act($who, 'dispute', 'open_dispute', "$charge->[0], 'not mine'", about => $charge->[1], kept => [ dispute => 'true' ]);
	$sim->act($who, 'withdraw dispute', 'withdraw_dispute', $rows->[0][0]) if $done && $sim->chance(0.25);
}

sub settle_dispute
{
	my ($sim) = @_;
	my $who = decider($sim);
	my $dispute = $sim->pick($sim->look($who, "SELECT id FROM rui.dispute WHERE state = 'open' ORDER BY id")) // return;
	$sim->act($who, 'settle dispute', 'settle_dispute', "$dispute->[0], " . ($sim->chance(0.5) ? 'true' : 'false'));
}

# Who asks may be who decides: he must not.
sub give_away
{
	my ($sim) = @_;
	my $who = $sim->{actor}{ $sim->pick(qw(a1 m1 c1)) };
	my $charge = open_charge($sim, $who) // return;
	my $amount = $sim->pick($charge->[3], sprintf('%.2f', $charge->[3] / 3 + 0.01), sprintf '%.2f', $charge->[3] + 1);
	$sim->act($who, 'ask for waiver', 'request_waiver', "$charge->[0], $amount, 'the lift stood still'", about => $amount, kept => [ waiver => "amount = $amount" ]);
}

sub decide
{
	my ($sim) = @_;
	my $who = decider($sim);
	my ($kind, $function) = @{ $sim->pick([ waiver => 'decide_waiver' ], [ waiver => 'decide_waiver' ], [ write_off => 'decide_write_off' ], [ payout => 'decide_payout' ], [ discount => 'decide_discount' ]) };
	$who = $sim->{actor}{ $sim->pick(qw(c1 c2)) } if $kind eq 'write_off';
	my $request = $sim->pick($sim->look($who, "SELECT id FROM rui.$kind WHERE state = 'requested' ORDER BY id")) // return;
	$sim->act($who, "decide $kind", $function, "$request->[0], " . ($sim->chance(0.75) ? 'true' : 'false'));
}

sub write_off
{
	my ($sim) = @_;
	my $who = $sim->{actor}{ $sim->pick(qw(m1 c1)) };
	my $charge = open_charge($sim, $who) // return;
	$sim->act($who, 'ask for write-off', 'request_write_off', "ARRAY[$charge->[0]]::bigint[], NULL, NULL, 'gone', 'letters'", about => $charge->[3]);
}

sub discount
{
	my ($sim) = @_;
	my $who = $sim->{actor}{ $sim->pick(qw(a1 c1)) };
	my $unit = $sim->pick($sim->look($who, 'SELECT id FROM rui.unit ORDER BY code'));
	my ($ground) = $sim->look($who, "SELECT code FROM rui.label WHERE kind = 'discount_ground' AND lang = 'en' ORDER BY code LIMIT 1");
	$sim->act($who, 'ask for discount', 'request_discount', sprintf("'property', ARRAY[%s]::bigint[], 0.8, '[%s,%s)', '%s', 'agreed'", $unit->[0], $sim->day, $sim->day($sim->{now} + 20 * 86400), $ground->[0]));
}

sub promise
{
	my ($sim) = @_;
	my $who = $sim->chance(0.6) ? $sim->pick(@{ $sim->{residents} }) : $sim->{actor}{s1};
	my $payer = $who->{role} eq 'resident' ? $who->{party} : $sim->pick(@{ $sim->{residents} })->{party};
	$sim->act($who, 'promise', 'promise_payment', "$payer, " . $sim->pick('10.00', '50.00', '900.00') . ", '" . $sim->day($sim->{now} + (1 + $sim->number(5)) * 86400) . "'");
}

sub dun_proved
{
	my ($sim) = @_;
	my $who = $sim->{actor}{a1};
	my $dun = $sim->pick($sim->look($who, 'SELECT id FROM rui.dun ORDER BY id')) // return;
	$sim->act($who, 'prove dun', 'prove_dun', "$dun->[0], 'handed_over', 'r$sim->{step}'");
}

sub deposit
{
	my ($sim) = @_;
	my $who = $sim->{actor}{ $sim->pick(qw(a1 c1)) };
	my $held = $sim->chance(0.5) ? $sim->pick($sim->look($sim->{actor}{c1}, 'SELECT deposit_id, held FROM rui.deposit_held WHERE held > 0 ORDER BY deposit_id')) : undef;
	if ($held) { $sim->act($sim->{actor}{c1}, 'return deposit', 'return_deposit', "$held->[0], " . $sim->pick('NULL', '100.00', '9000.00'), about => $held->[1]) }
	else { $sim->act($who, 'deposit', 'take_deposit', $sim->pick(@{ $sim->{residents} })->{party} . ", 'decoration', 1000, 'bank'", kept => [ deposit => 'amount = 1000' ]) }
}

# The channel's statement comes late, in any order, and sometimes again.
sub statement
{
	my ($sim) = @_;
	my $who = accountant($sim);
	my @lines = splice @{ $sim->{receipts} // [] }, 0, 6;
	@lines = reverse @lines if $sim->chance(0.5);
	if (@lines)
	{
		my $sum = 0;
		$sum += $_->{amount} for @lines;
		my $list = join ',', map { qq({"at":"$_->{at}","kind":"receipt","amount":$_->{amount},"reference":"$_->{reference}"}) } @lines;
		$sim->act($who, 'statement', 'import_statement', "'wechat', 'S$sim->{step}', '[$list]', 0, " . sprintf('%.2f', $sum), about => scalar @lines);
	}
	$sim->act($who, 'reconcile', 'reconcile', "'wechat'", keyed => 0);
}

sub cost { my ($sim) = @_; $sim->act(accountant($sim), 'cost', 'record_cost', "'6401', " . $sim->pick('80.00', '120.50', '999.99') . ", '" . $sim->day($sim->{now} - $sim->number(9) * 86400) . "', 'material'", kept => [ cost => 'true' ]) }

sub recognize { my ($sim) = @_; $sim->act(accountant($sim), 'recognize', 'recognize_revenue', $sim->chance(0.5) ? "'" . $sim->month(1) . "'" : 'NULL') }

# A month is closed for most, then for all; some months are reopened.
sub close_month
{
	my ($sim) = @_;
	my ($month, $who) = ($sim->month($sim->pick(1, 1, 1, 2)), accountant($sim));
	my $kind = $sim->number(4);
	if ($kind == 0) { $sim->act($who, 'close for most', 'soft_close_period', "'$month'", keyed => 0, about => $month) }
	elsif ($kind < 3) { $sim->act($who, 'close month', 'close_period', "'$month'", keyed => 0, about => $month) }
	else { $sim->act($sim->{actor}{director}, 'reopen month', 'reopen_period', "'$month', 'forgotten'", keyed => 0, about => $month) }
}

our @deck = ([ 14, \&payment ], [ 5, \&back ], [ 4, \&order ], [ 2, \&late_fee ], [ 3, \&dispute ], [ 2, \&settle_dispute ], [ 4, \&give_away ], [ 5, \&decide ], [ 2, \&write_off ], [ 1, \&discount ],
	[ 2, \&promise ], [ 1, \&dun_proved ], [ 2, \&deposit ], [ 2, \&statement ], [ 1, \&cost ], [ 1, \&recognize ], [ 1, \&close_month ], [ 1, \&bill ]);

1;
