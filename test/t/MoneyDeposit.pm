# The deposits of MoneyModel.pm: what is held, given back and forfeited.
package MoneyModel;
use strict;
use warnings;
use List::Util qw(sum0);

sub take_deposit
{
	my ($self, %given) = @_;
	my $month = month_of(day_at($given{at}));
	$self->must_be_open($month);
	$self->{deposits}{ $given{id} } = { %given, returned => 0 };
	$self->post($given{at}, $month, account_of($given{channel}), '2241.01', $given{amount}, 'deposit', $given{id});
}

# What was forfeited of a deposit is what the payments by it have kept.
sub forfeited
{
	my ($self, $id) = @_;
	return sum0(map { $_->{amount} - $_->{refunded} } grep { !defined $_->{back_at} } map { $self->{payments}{ $_->{payment} } }
		  grep { $_->{deposit} == $id && $_->{state} eq 'approved' } values %{ $self->{forfeits} });
}

sub held { my ($self, $id) = @_; return $self->{deposits}{$id}{amount} - $self->{deposits}{$id}{returned} - $self->forfeited($id) }

# amount: nothing for all that is held.
sub return_deposit
{
	my ($self, $id, $deposit, $amount, $channel, $at) = @_;
	my $about = $self->{deposits}{$deposit};
	my $held = $self->held($deposit);
	refuse('before the deposit') if $at < $about->{at};
	refuse('less is held') if $held == 0 || defined $amount && $amount > $held;
	$amount //= $held;
	my $month = month_of(day_at($at));
	$self->must_be_open($month);
	$about->{returned} += $amount;
	$self->post($at, $month, '2241.01', account_of($channel // $about->{channel}), $amount, 'deposit_return', $id);
}

sub request_forfeit
{
	my ($self, %given) = @_;
	refuse('before the deposit') if $given{at} < $self->{deposits}{ $given{deposit} }{at};
	refuse('less is held') if $given{amount} > $self->held($given{deposit});
	$self->{forfeits}{ $given{id} } = { %given, state => 'requested' };
}

# An approved one is a charge, and a payment out of the deposit that pays it.
sub decide_forfeit
{
	my ($self, $id, $is_approved, $at, $charge, $payment) = @_;
	my $asked = $self->{forfeits}{$id};
	my $deposit = $self->{deposits}{ $asked->{deposit} };
	refuse('before it was asked for') if $at < $asked->{at};
	refuse('decided already') if $asked->{state} ne 'requested';
	if ($is_approved)
	{
		refuse('less is held') if $asked->{amount} > $self->held($asked->{deposit});
		my $today = day_at($at);
		my $plan = $self->plan($asked->{item}, defined $deposit->{unit} ? $self->{units}{ $deposit->{unit} }{kind} : 'any', $today);
		refuse('no price') unless $plan && $plan->{quantity} eq 'once';
		my ($net, $tax, $gross) = price($plan->{tariff}, $asked->{amount});
		refuse('another price') if $gross != $asked->{amount};
		$self->_new_charge(id => $charge, item => $asked->{item}, unit => $deposit->{unit}, payer => $deposit->{party}, component => 'principal',
			source => 'deposit', revision => 1, from => $today, to => $today + 1, net => $net, tax => $tax, gross => $gross,
			rate => $plan->{tariff}{rate} // 0, due_on => $today, at => $at);
		$self->pay(id => $payment, unit => $deposit->{unit}, payer => $deposit->{party}, amount => $gross, channel => 'deposit', wishes => [$charge], at => $at);
		$asked->{payment} = $payment;
	}
	$asked->{state} = $is_approved ? 'approved' : 'refused';
}

sub deposit_lines
{
	my ($self) = @_;
	my @lines;
	for my $d (values %{ $self->{deposits} })
	{
		my ($held, $forfeited) = ($self->held($d->{id}), $self->forfeited($d->{id}));
		push @lines, join '|', 'deposit', $d->{id}, $d->{amount}, $d->{returned}, $forfeited, $held,
		  $held == 0 ? 'settled' : $held < $d->{amount} ? 'part_settled' : 'held';
	}
	return (@lines, map { join '|', 'forfeit', @$_{qw(id deposit amount state)} } values %{ $self->{forfeits} });
}

1;
