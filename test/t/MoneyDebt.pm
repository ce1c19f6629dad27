# What becomes of the debts of MoneyModel.pm: waivers, write-offs, late fees, and
# how old they are.
package MoneyModel;
use strict;
use warnings;
use POSIX qw(floor);
use Time::Local qw(timegm_nocheck);

# ---------------------------------------------------------------- waivers
sub request_waiver
{
	my ($self, $id, $charge, $amount, $at) = @_;
	refuse('before the charge') if $at < $self->{charges}{$charge}{at};
	refuse('less is open') if $amount > $self->open_amount($self->{charges}{$charge});
	$self->{waivers}{$id} = { id => $id, charge => $charge, amount => $amount, asked_at => $at, state => 'requested' };
}

sub decide_waiver
{
	my ($self, $id, $is_approved, $at) = @_;
	my $waiver = $self->{waivers}{$id};
	refuse('before it was asked for') if $at < $waiver->{asked_at};
	refuse('decided already') if $waiver->{state} ne 'requested';
	my $charge = $self->{charges}{ $waiver->{charge} };
	if ($is_approved)
	{
		refuse('less is open') if $waiver->{amount} > $self->open_amount($charge);
		refuse('it was paid then') if $self->undone_after('charge', $charge->{id}, $at);
		refuse('recognized after') if recognized_after($charge, $at);
		$self->must_be_open(month_of(day_at($at)));
		my $before = $self->waived($charge->{id});
		$waiver->{net} = nearest($charge->{net} * ($before + $waiver->{amount}), $charge->{gross}) - nearest($charge->{net} * $before, $charge->{gross});
		if (my $later = $charge->{later})
		{
			my $most = $charge->{net} - $later->{waived} - $later->{written};
			$waiver->{net} = $most if $waiver->{net} > $most;
		}
		$waiver->{tax} = $waiver->{amount} - $waiver->{net};
		my $debit = $charge->{component} eq 'late_fee' ? '6301' : $self->{items}{ $charge->{item} }{account};
		my $less = $waiver->{net};
		if (my $later = $charge->{later})
		{
			$self->recognize(month_over($at), $at, $charge->{id});
			$later->{waived} += $waiver->{net};
			my $is = earned($charge, $charge->{net} - $later->{waived} - $later->{written}, $later->{month}) + $later->{lost};
			$less = $later->{recognized} - $is;
			$later->{recognized} = $is;
			$debit = $later->{account};
		}
		$self->post($at, month_of(day_at($at)), $debit, '1122', $less, 'waiver', $id);
		$self->post($at, month_of(day_at($at)), '2205', '1122', $waiver->{net} - $less, 'waiver', $id);
		$self->post($at, month_of(day_at($at)), '2221', '1122', $waiver->{tax}, 'waiver', $id);
	}
	$waiver->{state} = $is_approved ? 'approved' : 'refused';
	$waiver->{decided_at} = $at;
}

# ---------------------------------------------------------------- write-offs
# What of a charge is lost: what was written off less what came back.
sub written_off
{
	my ($self, $id, $before) = @_;
	my $sum = 0;
	for my $l (@{ $self->{losses} }) { $sum += $l->{amount} if $l->{charge} == $id && (!defined $before || $l->{at} < $before) }
	return $sum;
}

# The whole debt is lost, its tax too, but for what its days have not earned yet:
# that is owed as service no more. What comes back is lost no more, in proportion;
# of what it is for days that came meanwhile are earned now, the others to come.
sub _lose
{
	my ($self, $charge, $kind, $amount, $at, $payment) = @_;
	my $no = ++$self->{loss_no};
	my ($unearned, $earned) = (0, 0);
	my $about = $self->{charges}{$charge};
	if (my $later = $about->{later})
	{
		if ($kind eq 'reversed') { ($unearned, $earned) = (-$later->{left}, $later->{back}) }
		else
		{
			$self->recognize(month_over($at), $at, $charge);
			my $rest = $about->{net} - $later->{waived};
			my $sum = $self->written_off($charge) + $amount;
			my $written = $sum > 0 ? nearest($about->{net} * $sum, $about->{gross}) : 0;
			$written = $rest if $written > $rest;
			my $is = earned($about, $rest - $written, $later->{month});
			my $lost = $amount > 0 ? $later->{recognized} - $is : $written == 0 ? 0 : nearest($later->{lost} * $written, $later->{written});
			$earned = $later->{recognized} - $is - $lost;
			$unearned = $written - $later->{written} - $earned - $lost + $later->{lost};
			$later->{recognized} -= $earned;
			$later->{back} -= $earned;
			$later->{left} += $unearned;
			@$later{qw(written lost)} = ($written, $lost);
		}
	}
	for my $part (['6702', $amount - $unearned - $earned], ['2205', $unearned], [$about->{later} ? $about->{later}{account} : '', $earned])
	{
		my ($account, $cents) = @$part;
		$self->post($at, month_of(day_at($at)), $cents > 0 ? ($account, '1122') : ('1122', $account), abs($cents), 'credit_loss', $no);
	}
	push @{ $self->{losses} }, { charge => $charge, kind => $kind, amount => $amount, at => $at, payment => $payment };
}

sub request_write_off
{
	my ($self, $id, $charges, $payer, $days, $at) = @_;
	my %asked;
	for my $charge ($charges ? map { $self->{charges}{$_} } @$charges : values %{ $self->{charges} })
	{
		my $open = $self->open_amount($charge);
		refuse('before the charge') if $charges && $at < $charge->{at};
		refuse('nothing is open') if $charges && $open <= 0;
		next if !$charges && (($charge->{payer} // 0) != $payer || $charge->{at} > $at || $charge->{due_on} > day_at($at) - $days || $open <= 0);
		$asked{ $charge->{id} } = $open;
	}
	refuse('nothing is overdue for so long') unless %asked;
	my $sum = 0;
	$sum += $_ for values %asked;
	$self->{write_offs}{$id} = { id => $id, charges => \%asked, amount => $sum, asked_at => $at, state => 'requested' };
}

sub decide_write_off
{
	my ($self, $id, $is_approved, $at) = @_;
	my $asked = $self->{write_offs}{$id};
	refuse('before it was asked for') if $at < $asked->{asked_at};
	refuse('decided already') if $asked->{state} ne 'requested';
	if ($is_approved)
	{
		refuse('it was paid then') if grep { $self->undone_after('charge', $_, $at) } keys %{ $asked->{charges} };
		my %lost;
		for my $charge (sort { $a <=> $b } keys %{ $asked->{charges} })
		{
			my $open = $self->open_amount($self->{charges}{$charge});
			my $amount = $open < $asked->{charges}{$charge} ? $open : $asked->{charges}{$charge};
			$lost{$charge} = $amount if $amount > 0;
		}
		refuse('nothing is open') unless %lost;
		$self->must_be_open(month_of(day_at($at)));
		refuse('recognized after') if grep { recognized_after($self->{charges}{$_}, $at) } keys %lost;
		$self->_lose($_, 'written_off', $lost{$_}, $at) for sort { $a <=> $b } keys %lost;
		$asked->{written} += $_ for values %lost;
	}
	$asked->{state} = $is_approved ? 'approved' : 'refused';
}

# What a payment has left over pays what was written off; returns how much.
sub recover
{
	my ($self, $id, $charges, $at) = @_;
	my $payment = $self->{payments}{$id};
	for my $charge (map { $self->{charges}{$_} } @$charges)
	{
		refuse('of another unit') if defined $payment->{unit} && $payment->{unit} != ($charge->{unit} // 0);
		refuse('of another payer') if defined $payment->{payer} && $payment->{payer} != ($charge->{payer} // 0);
		refuse('nothing is written off') if $self->written_off($charge->{id}) <= 0;
	}
	$self->must_be_open(month_of(day_at($at)));
	my @lists = @$self{qw(losses allocations postings)};
	my @before = map { scalar @$_ } @lists;
	my ($months, @numbers) = ({ %{ $self->{months} } }, @$self{qw(allocation_no loss_no)});
	$self->allocate($id, $at, $charges);
	my $recovered = 0;
	$recovered -= $_->{amount} for @{ $self->{losses} }[ $before[0] .. $#{ $self->{losses} } ];
	return $recovered if $recovered > 0;
	# Nothing of it: then it does not pay anything else either.
	splice @{ $lists[$_] }, $before[$_] for 0 .. 2;
	($self->{months}, @$self{qw(allocation_no loss_no)}) = ($months, @numbers);
	refuse('nothing is left for it');
}

# ---------------------------------------------------------------- disputes
sub open_dispute
{
	my ($self, $id, $charge, $at) = @_;
	my @mine = grep { $_->{charge} == $charge } values %{ $self->{disputes} };
	refuse('before the charge') if $at < $self->{charges}{$charge}{at};
	refuse('settled after') if grep { defined $_->{settled_at} && $_->{settled_at} > $at } @mine;
	refuse('nothing is open') if $self->open_amount($self->{charges}{$charge}) <= 0;
	refuse('disputed already') if grep { $_->{state} eq 'open' } @mine;
	$self->{disputes}{$id} = { id => $id, charge => $charge, at => $at, state => 'open' };
}

sub end_dispute
{
	my ($self, $id, $state, $at) = @_;
	my $dispute = $self->{disputes}{$id};
	refuse('before it was opened') if $at < $dispute->{at};
	refuse('settled already') if $dispute->{state} ne 'open';
	@$dispute{qw(state settled_at)} = ($state, $at);
}

# Whether on a day, as known at an instant, nothing accrues on a charge: from
# the day a dispute was opened until the day it was settled.
sub stands_still
{
	my ($self, $charge, $day, $at) = @_;
	my $row = on_day($self->{items}{ $charge->{item} }{disputes}, $charge->{due_on});
	my $rule = $row ? $row->[2] : 'upheld';
	for my $d (grep { $_->{charge} == $charge->{id} && $_->{at} <= $at } values %{ $self->{disputes} })
	{
		my $is_open = !defined $d->{settled_at} || $d->{settled_at} > $at;
		next if $rule eq 'never' || $rule eq 'upheld' && !$is_open && $d->{state} ne 'upheld';
		return 1 if $day >= day_at($d->{at}) && $day < day_at($is_open ? $at : $d->{settled_at});
	}
	return 0;
}

sub dispute_lines { my ($self) = @_; return map { join '|', 'dispute', @$_{qw(id charge state)} } values %{ $self->{disputes} } }

# ---------------------------------------------------------------- late fees
# Day after day what is unpaid of the principal at its rate, at most the cap:
# (days late, what is open, accrued, charged), or nothing where no rule holds.
sub late_fee
{
	my ($self, $charge, $at) = @_;
	my $row = on_day($self->{items}{ $charge->{item} }{late}, $charge->{due_on});
	return () if !$row || $charge->{component} ne 'principal' || $charge->{at} > $at;
	my ($rate, $grace, $cap, $most, $annual) = @{ $row->[2] };
	my $today = day_at($at);
	my $unpaid = 0;
	my $days = 0;
	for my $day ($charge->{due_on} + $grace + 1 .. $today)
	{
		# What was unpaid at the end of the day before.
		next if $self->stands_still($charge, $day - 1, $at);
		$unpaid += $charge->{gross} - $self->allocated('charge', $charge->{id}, $day * 86400) - $self->waived($charge->{id}, $day * 86400)
		  - $self->written_off($charge->{id}, $day * 86400);
		$days++;
	}
	my ($above, $below) = ($rate * $unpaid, 100_000_000);
	# The lowest of what is capped.
	for my $limit ([ $cap * $charge->{gross}, 1_000_000 ], defined $most ? [ $most, 1 ] : (), defined $annual ? [ $annual * $unpaid, 365_000_000 ] : ())
	{
		($above, $below) = @$limit if $above / $below > $limit->[0] / $limit->[1];
	}
	my $charged = 0;
	for my $c (values %{ $self->{charges} })
	{
		$charged += $c->{gross} if $c->{component} eq 'late_fee' && $c->{about} == $charge->{id} && !(defined $c->{back_at} && $c->{back_at} <= $at);
	}
	return ($days, $charge->{gross} - $self->allocated('charge', $charge->{id}) - $self->waived($charge->{id}) - $self->written_off($charge->{id}), nearest($above, $below), $charged);
}

sub charge_late_fee
{
	my ($self, $id, $about, $at) = @_;
	my $charge = $self->{charges}{$about};
	refuse('taken back') if defined $charge->{back_at};
	my (undef, undef, $accrued, $charged) = $self->late_fee($charge, $at);
	refuse('nothing has accrued') unless defined $accrued && day_at($at) > $charge->{due_on} && $accrued > $charged;
	my $gross = $accrued - $charged;
	my $net = nearest($gross * 100, 100 + $charge->{rate});
	return $self->_new_charge(id => $id, %$charge{qw(item unit payer rate)}, component => 'late_fee', source => 'late_fee', about => $about,
		revision => 1 + (grep { $_->{component} eq 'late_fee' && $_->{about} == $about } values %{ $self->{charges} }),
		from => day_at($at), to => day_at($at) + 1, net => $net, tax => $gross - $net, gross => $gross, due_on => day_at($at), at => $at);
}

# ---------------------------------------------------------------- ageing
# What was open at an instant, by payer and days since the due date: a line for
# each; and what the ledger said then.
sub ageing
{
	my ($self, $at) = @_;
	my %row;
	for my $c (grep { $_->{at} <= $at && !(defined $_->{back_at} && $_->{back_at} <= $at) } values %{ $self->{charges} })
	{
		my $open = $c->{gross} - $self->allocated('charge', $c->{id}, $at + 1) - $self->waived($c->{id}, $at + 1) - $self->written_off($c->{id}, $at + 1);
		my $age = day_at($at) - $c->{due_on};
		my $bracket = grep { $age > $_ } 0, 30, 60, 90, 180, 365;
		next if $open == 0;
		my $row = $row{ ($c->{payer} // '') . "|$bracket" } //= [ 0, 0 ];
		$row->[0]++;
		$row->[1] += $open;
	}
	my $sum = 0;
	for my $p (grep { $_->{at} <= $at } @{ $self->{postings} }) { $sum += $p->{amount} * (($p->{debit} eq '1122') - ($p->{credit} eq '1122')) }
	return ("receivables|$sum", map { join '|', 'ageing', $_, @{ $row{$_} } } keys %row);
}

1;
