# What meters of MoneyModel.pm count and what is charged for it: where a register
# stood at each midnight, day by day, and a ladder that counts on through a
# cycle. Registers are in millionths. No charge is older than the 24 months after
# which corrections end.
package MoneyModel;
use strict;
use warnings;
use List::Util qw(max min sum0);

# ---------------------------------------------------------------- readings
# One register at a unit; initial: nothing where nobody read it.
sub install_meter
{
	my ($self, %given) = @_;
	$self->{meters}{ $given{unit} } = { id => $given{id}, unit => $given{unit}, times => $given{times}, hung_at => $given{at},
		faces => [ defined $given{initial} ? [ { id => 0, at => $given{at}, value => $given{initial}, kind => 'initial' } ] : [] ] };
}

# What a new reading has to lie between: what was measured before and after.
sub neighbours
{
	my ($face, $at, $but) = @_;
	my @measured = grep { $_->{kind} ne 'estimate' && $_ != ($but // 0) } @$face;
	my ($before) = sort { $b->{at} <=> $a->{at} } grep { $_->{at} < $at } @measured;
	my ($after) = sort { $a->{at} <=> $b->{at} } grep { $_->{at} > $at } @measured;
	return ($before ? $before->{value} : undef, $after ? $after->{value} : undef);
}

sub take_reading
{
	my ($self, %given) = @_;
	my $meter = $self->{meters}{ $given{unit} };
	my $face = $meter->{faces}[-1];
	refuse('not read yet') if $given{read_at} > $given{at};
	refuse('another meter hung there') if $given{read_at} < (@{ $meter->{faces} } > 1 ? $meter->{changed_at} : $meter->{hung_at});
	my ($there) = grep { $_->{at} == $given{read_at} } @$face;
	refuse('read then already') if $there && !($there->{kind} eq 'estimate' && $given{kind} ne 'estimate');
	my ($least, $most) = neighbours($face, $given{read_at});
	refuse('it falls') if defined $least && $given{value} < $least || defined $most && $given{value} > $most;
	@$face = sort { $a->{at} <=> $b->{at} } ((grep { !$there || $_ != $there } @$face), { id => $given{id}, at => $given{read_at}, value => $given{value}, kind => $given{kind} });
}

sub correct_reading
{
	my ($self, $id, $unit, $old, $value) = @_;
	my ($face) = grep { grep { $_->{id} == $old } @$_ } @{ $self->{meters}{$unit}{faces} };
	refuse('corrected already') unless $face;
	my ($reading) = grep { $_->{id} == $old } @$face;
	refuse('an estimate') if $reading->{kind} eq 'estimate';
	my ($least, $most) = neighbours($face, $reading->{at}, $reading);
	refuse('it falls') if defined $least && $value < $least || defined $most && $value > $most;
	@$reading{qw(id value kind)} = ($id, $value, 'correction');
}

sub replace_meter
{
	my ($self, $id, $unit, $final, $initial, $at) = @_;
	my $meter = $self->{meters}{$unit};
	my $face = $meter->{faces}[-1];
	refuse('not hung there yet, or read later') if $at <= (@{ $meter->{faces} } > 1 ? $meter->{changed_at} : $meter->{hung_at}) || grep { $_->{at} >= $at } @$face;
	my ($least) = neighbours($face, $at);
	refuse('it falls') if defined $least && $final < $least;
	push @$face, { id => 0, at => $at, value => $final, kind => 'final' };
	push @{ $meter->{faces} }, [ { id => 0, at => $at, value => $initial, kind => 'initial' } ];
	@$meter{qw(id changed_at)} = ($id, $at);
}

# What all faces had counted up to each reading: rows of (before, at, count before, count).
sub steps
{
	my ($meter) = @_;
	my ($count, @step) = (0);
	for my $face (@{ $meter->{faces} })
	{
		for my $place (1 .. $#$face)
		{
			my $to = $count + $meter->{times} * ($face->[$place]{value} - $face->[ $place - 1 ]{value});
			push @step, [ $face->[ $place - 1 ]{at}, $face->[$place]{at}, $count, $to ];
			$count = $to;
		}
	}
	return @step;
}

# At the midnight that begins a day: evenly between the readings around it, and
# never more than was read later, where an estimate had been too much.
sub stood
{
	my ($meter, $day) = @_;
	my $at = $day * 86400;
	my ($count, @later) = (0);
	for my $step (steps($meter))
	{
		my ($before, $after, $from, $to) = @$step;
		if ($after <= $at) { $count = $to }
		elsif ($before < $at)
		{
			my $part = abs($to - $from) * ($at - $before);
			$count = $from + ($to <=> $from) * nearest($part, $after - $before);
		}
		push @later, $to if $after >= $at;
	}
	return min($count, @later);
}

# ---------------------------------------------------------------- the ladder
# What so much costs: (net, tax, gross); persons raise the bounds of the tiers.
sub ladder_price
{
	my ($tariff, $persons, $quantity) = @_;
	my %t = %$tariff;
	if (my $a = $t{allowance})
	{
		my $more = max(0, $persons - $a->{from} + 1) * $a->{per_person};
		$t{tiers} = [ map { { %$_, defined $_->{up_to} ? (up_to => $_->{up_to} + $more) : () } } @{ $t{tiers} } ];
	}
	return price(\%t, $quantity, 1_000_000);
}

# The first day of the cycle that holds a day.
sub cycle_start
{
	my ($plan, $day) = @_;
	my $month = month_of($day);
	$month = month_of($month - 1) until (((gmtime($month * 86400))[4] + 1 - $plan->{first_month}) % $plan->{cycle_months}) == 0;
	return $month;
}

# ---------------------------------------------------------------- runs
# What a run has to charge of what was counted, and which charges it corrects.
sub metered
{
	my ($self, $month, $at, @units) = @_;
	my (@due, @wrong);
	for my $item (sort grep { $self->{items}{$_}{is_metered} } keys %{ $self->{items} })
	{
		for my $unit (sort { $a <=> $b } grep { $self->{meters}{$_} } @units ? @units : keys %{ $self->{units} })
		{
			my ($new, $again) = $self->_metered_at($item, $unit, $month, $at);
			push @due, @$new;
			push @wrong, @$again;
		}
	}
	return (\@due, \@wrong);
}

sub _metered_at
{
	my ($self, $item, $unit, $month, $at) = @_;
	my $meter = $self->{meters}{$unit};
	my $end = next_month($month);
	return ([], []) if $meter->{hung_at} >= $end * 86400;
	my @mine = grep { $_->{is_metered} && $_->{item} eq $item && $_->{unit} == $unit } values %{ $self->{charges} };
	my @bills = grep { !(defined $_->{back_at} && $_->{again}) } @mine;
	my %billed = map { map { $_ => 1 } $_->{from} .. $_->{to} - 1 } @bills;
	my $read_at = @{ $meter->{faces}[-1] } ? $meter->{faces}[-1][-1]{at} : undef;
	my (@span, $first_due, $first_open);
	for my $day (max($self->{first}, day_at($meter->{hung_at})) .. $end - 1)
	{
		my $plan = $self->plan($item, $self->{units}{$unit}{kind}, $day);
		next if !$plan || $plan->{quantity} ne 'meter' || $billed{$day};
		$first_due //= $day;
		next if !defined $read_at || $day >= day_at($read_at);
		$first_open //= $day;
		my %now = (plan => $plan, cycle => cycle_start($plan, $day), payer => $self->payer($item, $unit, $day));
		if ($plan->{tariff}{allowance})
		{
			my $row = on_day($self->{households}{$unit}, $day);
			@now{qw(household persons)} = $row ? ($row->[0], scalar @{ $row->[2] }) : (0, 0);
		}
		my $last = $span[-1];
		if ($last && $last->{to} == $day && $last->{plan} == $plan && $last->{cycle} == $now{cycle} && ($last->{payer} // 0) == ($now{payer} // 0)
			&& ($last->{household} // -1) == ($now{household} // -1)) { $last->{to}++ }
		else { push @span, { %now, from => $day, to => $day + 1 } }
	}
	my @all = (@span, map { { %$_, charge => $_ } } @bills);
	$_->{used_now} = stood($meter, $_->{to}) - stood($meter, $_->{from}) for @all;
	for my $one (@all)
	{
		my @before = grep { $_->{from} >= $one->{cycle} && $_->{from} < $one->{from} } @all;
		$one->{before_now} = @before ? sum0(map { $_->{used_now} } @before) : undef;
	}
	my @wrong = grep { $_->{charge} && !defined $_->{back_at} && ($_->{used_now} != $_->{used} || ($_->{before_now} // -1) != ($_->{before} // -1)) } @all;
	# Why the unit is left out.
	return ([], []) if defined $first_due && !defined $read_at || grep { $self->_is_settled($_->{id}, $at) } @wrong;
	return ([], []) if defined $first_due && (!defined $first_open || $first_open > $first_due);
	my @due;
	for my $one (@span, @wrong)
	{
		my $plan = $one->{plan};
		my @cost = ladder_price($plan->{tariff}, $one->{persons}, ($one->{before_now} // 0) + $one->{used_now});
		if (defined $one->{before_now})
		{
			my @charged = ladder_price($plan->{tariff}, $one->{persons}, $one->{before_now});
			$cost[$_] -= $charged[$_] for 0 .. 2;
		}
		push @due, { item => $item, unit => $unit, payer => $one->{payer}, from => $one->{from}, to => $one->{to}, plan => $plan, cycle => $one->{cycle},
			persons => $one->{persons}, used => $one->{used_now}, before => $one->{before_now}, net => $cost[0], tax => $cost[1], gross => $cost[2],
			rate => $plan->{tariff}{rate} // 0, due_on => max($month + $plan->{due_days}, day_at($at)), component => 'principal', source => 'meter',
			is_metered => 1, revision => 1 + max(0, map { $_->{from} == $one->{from} ? $_->{revision} : 0 } @mine), at => $at };
	}
	return (\@due, [ map { $_->{id} } @wrong ]);
}

# What happened to a charge later, or hangs on it, is not undone by a reading.
sub _is_settled
{
	my ($self, $id, $at) = @_;
	my $charge = $self->{charges}{$id};
	return $charge->{at} > $at || recognized_after($charge, $at) || scalar(
		(grep { ($_->{about} // 0) == $id && !defined $_->{back_at} } values %{ $self->{charges} }),
		(grep { $_->{charge} == $id && $_->{at} > $at } @{ $self->{allocations} }, @{ $self->{losses} }),
		(grep { $_->{charge} == $id && $_->{state} eq 'approved' && $_->{decided_at} > $at } values %{ $self->{waivers} }));
}

sub meter_lines
{
	my ($self) = @_;
	return map { join '|', 'metered', $_->{id}, text_of($_->{cycle}), $_->{before} // '', $_->{used}, $_->{persons} // '' } grep { $_->{is_metered} } values %{ $self->{charges} };
}

1;
