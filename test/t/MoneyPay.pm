# The payments of MoneyModel.pm, and what they pay.
package MoneyModel;
use strict;
use warnings;

# ---------------------------------------------------------------- payments
# What is allocated: by charge, by payment, and until when.
sub allocated
{
	my ($self, $which, $id, $before) = @_;
	my $sum = 0;
	for my $a (@{ $self->{allocations} }) { $sum += $a->{amount} if $a->{$which} == $id && (!defined $before || $a->{at} < $before) }
	return $sum;
}

sub waived
{
	my ($self, $id, $before) = @_;
	my $sum = 0;
	for my $w (values %{ $self->{waivers} })
	{
		$sum += $w->{amount} if $w->{charge} == $id && $w->{state} eq 'approved' && (!defined $before || $w->{decided_at} < $before);
	}
	return $sum;
}

# What came later and was undone stood at that time: money that was tied up then
# could not be spent then, and what was paid then was not owed.
sub undone_after { my ($self, $which, $id, $at) = @_; return scalar grep { $_->{$which} == $id && $_->{amount} < 0 && $_->{at} > $at } @{ $self->{allocations} } }

sub open_amount
{
	my ($self, $charge) = @_;
	return 0 if defined $charge->{back_at};
	return $charge->{gross} - $self->allocated('charge', $charge->{id}) - $self->waived($charge->{id}) - $self->written_off($charge->{id});
}

# What a payment can pay of a charge: where it is named, what is written off too.
sub payable { my ($self, $charge, $is_named) = @_; return $self->open_amount($charge) + ($is_named && !defined $charge->{back_at} ? $self->written_off($charge->{id}) : 0) }

sub left_over
{
	my ($self, $payment) = @_;
	return 0 if defined $payment->{back_at};
	return $payment->{amount} - $payment->{refunded} - $self->allocated('payment', $payment->{id});
}

sub take_back
{
	my ($self, $mine, $at) = @_;
	my @taken = grep { $_->{amount} > 0 && !$_->{is_back} && $mine->($_) } @{ $self->{allocations} };
	refuse('allocated after') if grep { $mine->($_) && $_->{at} > $at } @{ $self->{allocations} };
	$self->must_be_open(month_of(day_at($at))) if @taken;
	for my $a (@taken)
	{
		$a->{is_back} = 1;
		push @{ $self->{allocations} }, { %$a, amount => -$a->{amount}, at => $at };
		$self->post_back($at, 'allocation', $a->{no});
	}
}

sub allocate
{
	my ($self, $only, $at, $named) = @_;
	my @wishes = defined $only ? @{ $named // $self->{payments}{$only}{wishes} // [] } : ();
	my %wish;
	my %is_named = map { $_ => 1 } @wishes;
	$wish{ $wishes[$_] } //= $_ for 0 .. $#wishes;
	my %place = (cost => 1, late_fee => 2, principal => 3);
	for my $pass (1 .. 3)
	{
		my %purse;
		for my $p (sort { $a->{at} <=> $b->{at} || $a->{id} <=> $b->{id} } values %{ $self->{payments} })
		{
			next if defined $only && $p->{id} != $only || $p->{at} > $at || $self->left_over($p) <= 0;
			next if $self->undone_after('payment', $p->{id}, $at);
			my $scope = !defined $p->{unit} ? 3 : defined $p->{payer} ? 1 : 2;
			push @{ $purse{ ($p->{unit} // '') . ' ' . ($p->{payer} // '') } }, $p if $scope == $pass;
		}
		for my $purse (values %purse)
		{
			my ($unit, $payer) = @{ $purse->[0] }{qw(unit payer)};
			my (%step, $key);
			for my $c (values %{ $self->{charges} })
			{
				next if $c->{at} > $at || defined $unit && ($c->{unit} // 0) != $unit || defined $payer && ($c->{payer} // 0) != $payer;
				next if $self->payable($c, $is_named{ $c->{id} }) <= 0 || $self->undone_after('charge', $c->{id}, $at);
				my $debt = $c->{about} // $c->{id};
				my ($wish) = sort { $a <=> $b } grep { defined } $wish{ $c->{id} }, $wish{$debt};
				# By the law: what is due, the heavier burden, what is due earlier; nothing is secured here.
				my $due_on = $self->{charges}{$debt}{due_on};
				my $late = on_day($self->{items}{ $self->{charges}{$debt}{item} }{late}, $due_on);
				$key = defined $wish ? sprintf('0 %06d', $wish) : sprintf('1 %d %09d %06d', $due_on > day_at($at), 1e8 - ($late ? $late->[2][0] : 0), $due_on);
				push @{ $step{$key}{$debt} }, $c;
			}
			for my $debts (map { $step{$_} } sort keys %step)
			{
				my @debts = map { [ sort { $place{ $a->{component} } <=> $place{ $b->{component} } || $a->{id} <=> $b->{id} } @{ $debts->{$_} } ] }
				  sort { $a <=> $b } keys %$debts;
				my @owed = map { my $sum = 0; $sum += $self->payable($_, $is_named{ $_->{id} }) for @$_; $sum } @debts;
				my ($all, $money) = (0, 0);
				$all += $_ for @owed;
				$money += $self->left_over($_) for @$purse;
				last if $money == 0;
				my @part = $money >= $all ? @owed : split_amount($money, @owed);
				for my $debt (@debts)
				{
					my $part = shift @part;
					for my $c (@$debt)
					{
						for my $p (@$purse)
						{
							my ($least) = sort { $a <=> $b } $part, $self->payable($c, $is_named{ $c->{id} }), $self->left_over($p);
							next if $least <= 0;
							# What was written off is owed again first, though not before it was written off.
							my $back = $least - $self->open_amount($c);
							my ($last) = sort { $b <=> $a } map { $_->{at} } grep { $_->{charge} == $c->{id} } @{ $self->{losses} };
							$self->_lose($c->{id}, 'recovered', -$back, $last > $at ? $last : $at, $p->{id}) if $back > 0;
							my $no = ++$self->{allocation_no};
							$self->post($at, month_of(day_at($at)), '2203', '1122', $least, 'allocation', $no);
							push @{ $self->{allocations} }, { no => $no, payment => $p->{id}, charge => $c->{id}, amount => $least, at => $at };
							$part -= $least;
						}
					}
				}
			}
		}
	}
}

my %account = (cash => '1001', bank => '1002', wechat => '1012', deposit => '2241.01');
sub account_of { return $account{ $_[0] } }

sub pay
{
	my ($self, %given) = @_;
	$self->must_be_open(month_of(day_at($given{at})));
	$self->{payments}{ $given{id} } = { %given, refunded => 0 };
	$self->post($given{at}, month_of(day_at($given{at})), $account{ $given{channel} }, '2203', $given{amount}, 'payment', $given{id});
	$self->allocate($given{id}, $given{at});
}

sub reverse_payment
{
	my ($self, $id, $at) = @_;
	my $payment = $self->{payments}{$id};
	refuse('before the payment') if $at < $payment->{at};
	refuse('reversed already') if defined $payment->{back_at};
	refuse('refunded in part') if $payment->{refunded} > 0;
	refuse('a statement shows it') if $payment->{is_shown};
	$self->must_be_open(month_of(day_at($at)));
	refuse('recovered after') if grep { ($_->{payment} // 0) == $id && $_->{at} > $at } @{ $self->{losses} };
	$self->take_back(sub { $_[0]{payment} == $id }, $at);
	my %lost;
	$lost{ $_->{charge} } += $_->{amount} for grep { ($_->{payment} // 0) == $id } @{ $self->{losses} };
	for my $charge (sort { $a <=> $b } keys %lost)
	{
		$self->_lose($charge, 'bounced', -$lost{$charge}, $at, $id) unless $lost{$charge} == 0 || defined $self->{charges}{$charge}{back_at};
	}
	$payment->{back_at} = $at;
	$self->post_back($at, 'payment', $id);
}

sub refund
{
	my ($self, $id, $amount, $at, $refund) = @_;
	my $payment = $self->{payments}{$id};
	refuse('before the payment') if $at < $payment->{at};
	refuse('less is left') if $amount > $self->left_over($payment);
	refuse('it was tied up then') if $self->undone_after('payment', $id, $at);
	$self->must_be_open(month_of(day_at($at)));
	$payment->{refunded} += $amount;
	$self->post($at, month_of(day_at($at)), '2203', $account{ $payment->{channel} }, $amount, 'refund', $refund);
}

# Asked for by one, decided by another: of kind refund, deposit_return,
# payment_reversal or charge_reversal. amount: nothing for all that is left by now.
sub payout_left
{
	my ($self, $kind, $row) = @_;
	return $self->left_over($self->{payments}{$row}) if $kind eq 'refund';
	return $self->held($row) if $kind eq 'deposit_return';
	my $about = $self->{ $kind eq 'charge_reversal' ? 'charges' : 'payments' }{$row};
	refuse('taken back already') if defined $about->{back_at};
	refuse('refunded in part') if $kind eq 'payment_reversal' && $about->{refunded} > 0;
	refuse('has late fees or costs') if $kind eq 'charge_reversal' && grep { ($_->{about} // 0) == $row && !defined $_->{back_at} } values %{ $self->{charges} };
	return $about->{gross} // $about->{amount};
}

sub request_payout
{
	my ($self, %given) = @_;
	my $about = $self->{ { deposit_return => 'deposits', charge_reversal => 'charges' }->{ $given{kind} } // 'payments' }{ $given{row} };
	refuse('before it came') if $given{at} < $about->{at};
	my $left = $self->payout_left(@given{qw(kind row)});
	refuse('less is left') if $left <= 0 || defined $given{amount} && $given{amount} > $left;
	refuse('asked for already') if grep { $_->{kind} eq $given{kind} && $_->{row} == $given{row} && $_->{state} eq 'requested' } values %{ $self->{payouts} };
	$self->{payouts}{ $given{id} } = { %given, amount => $given{amount} // $left, channel => $given{channel} // $about->{channel}, state => 'requested' };
}

# done: what it is when approved: a refund, or a return of a deposit.
sub settle_payout
{
	my ($self, $id, $state, $at, $done) = @_;
	my $asked = $self->{payouts}{$id};
	refuse('before it was asked for') if $at < $asked->{at};
	refuse('decided already') if $asked->{state} ne 'requested';
	if ($state eq 'approved')
	{
		my ($kind, $row) = @$asked{qw(kind row)};
		if ($kind eq 'refund') { $self->refund($row, $asked->{amount}, $at, $done) }
		elsif ($kind eq 'deposit_return') { $self->return_deposit($done, $row, $asked->{amount}, $asked->{channel}, $at) }
		elsif ($kind eq 'payment_reversal') { $self->reverse_payment($row, $at) }
		else { $self->reverse_charge($row, 0, $at) }
	}
	$asked->{state} = $state;
}

1;
