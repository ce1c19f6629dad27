# Charges of MoneyModel.pm that no run of a month makes: leases, costs that are
# shared, and stays on parking places.
package MoneyModel;
use strict;
use warnings;
use List::Util qw(max min sum0);
use Math::BigInt;
use Storable qw(dclone);

# The same day so many months later, or the last of a shorter month.
sub add_months
{
	my ($day, $months) = @_;
	my $month = month_of($day);
	my $to = $month;
	$to = next_month($to) for 1 .. $months;
	return min($to + $day - $month, next_month($to) - 1);
}

# What a gross contains of tax at a rate in percent, as (net, tax).
sub net_of { my ($gross, $rate) = @_; my $net = nearest($gross * 100, 100 + $rate); return ($net, $gross - $net) }

# Two spans of days have one in common; no end is for ever.
sub overlap { my ($a, $b, $c, $d) = @_; return (!defined $d || $a < $d) && (!defined $b || $c < $b) }

# ---------------------------------------------------------------- leases
sub propose_lease
{
	my ($self, %given) = @_;
	$given{charged_from} //= max($given{from}, $self->{first});
	$self->{leases}{ $given{id} } = { %given, cycles => {}, state => 'proposed' };
}

sub decide_lease
{
	my ($self, $id, $is_approved, $at) = @_;
	my $lease = $self->{leases}{$id};
	refuse('before it was proposed') if $at < $lease->{at};
	refuse('decided already') if $lease->{state} ne 'proposed';
	refuse('let to another') if $is_approved && grep { $_->{unit} == $lease->{unit} && $_->{state} =~ /running|ended/
		  && overlap(@$_{qw(from to)}, @$lease{qw(from to)}) } values %{ $self->{leases} };
	@$lease{qw(state decided_at)} = ($is_approved ? 'running' : 'refused', $at);
}

# The cycle with a number, as if the lease went on: (from, to, rent).
sub cycle
{
	my ($lease, $place) = @_;
	my $years = whole($place * $lease->{months}, 12);
	my $million = Math::BigInt->new(1_000_000);
	my $above = Math::BigInt->new($lease->{price}) * ($million + $lease->{rise})**$years;
	my $rent = (2 * $above + $million**$years) / (2 * $million**$years);
	return ((map { add_months($lease->{from}, $_ * $lease->{months}) } $place, $place + 1), $rent->numify);
}

# The rent of some days of a cycle, from its first.
sub _rent
{
	my ($self, $lease, $place, $to, $revision, $at, $id) = @_;
	my ($from, $end, $rent) = cycle($lease, $place);
	my $gross = nearest($rent * ($to - $from), $end - $from);
	my ($net, $tax) = net_of($gross, $lease->{rate});
	return $self->_new_charge(id => $id, item => $lease->{item}, unit => $lease->{unit}, payer => $lease->{lessee}, component => 'principal',
		source => 'lease', lease => $lease->{id}, place => $place, revision => $revision, from => $from, to => $to, net => $net, tax => $tax,
		gross => $gross, rate => $lease->{rate}, due_on => max($from + $lease->{due_days}, day_at($at)), at => $at);
}

# Every cycle that has begun on a day that is let is charged, once. found gives
# the ids by what the charges are.
sub charge_leases
{
	my ($self, $at, $found) = @_;
	my $made = 0;
	for my $lease (grep { $_->{state} =~ /running|ended/ } values %{ $self->{leases} })
	{
		for (my $place = 0;; $place++)
		{
			my ($from, $to) = cycle($lease, $place);
			last if $from > day_at($at) || defined $lease->{to} && $from >= $lease->{to};
			next if $from < $lease->{charged_from} || $lease->{cycles}{$place};
			$to = min($to, $lease->{to} // $to);
			$self->_rent($lease, $place, $to, 1, $at, take_id($found, "$lease->{id} " . text_of($from) . ' ' . text_of($to) . ' 1'));
			$lease->{cycles}{$place} = 1;
			$made++;
		}
	}
	$self->allocate(undef, $at) if $made;
}

sub take_id { my ($found, $key) = @_; return delete $found->{$key} // die("the platform did not charge $key\n") }

# What every tick does for money, each duty wholly or not at all.
sub tick
{
	my ($self, $at, @found) = @_;
	my %found = map { ($_->[1] => $_->[0]) } @found;
	for my $duty (sub { $self->charge_leases($at, \%found) }, sub { $self->recognize(month_over($at), $at) })
	{
		my $before = dclone($self);
		next if eval { $duty->(); 1 };
		die $@ if $@ !~ /^refused:/;
		%$self = %$before;
	}
	die 'the platform charged ' . join(', ', sort keys %found) . "\n" if %found;
}

sub end_lease
{
	my ($self, $id, $last_day, $at, @found) = @_;
	my %found = map { ($_->[1] => $_->[0]) } @found;
	my $lease = $self->{leases}{$id};
	refuse('not running') if $lease->{state} ne 'running';
	refuse('before it was approved') if $at < $lease->{decided_at};
	refuse('no day of it') if $last_day < $lease->{from} || defined $lease->{to} && $last_day >= $lease->{to};
	@$lease{qw(state to ended_at)} = ('ended', $last_day + 1, $at);
	my $less = 0;
	for my $charge (sort { $a->{id} <=> $b->{id} } grep { ($_->{lease} // 0) == $id && !defined $_->{back_at} && $_->{to} > $lease->{to} } values %{ $self->{charges} })
	{
		$self->reverse_charge($charge->{id}, 0, $at);
		$less += $charge->{gross};
		next if $charge->{from} >= $lease->{to};
		my $revision = $charge->{revision} + 1;
		my $key = "$id " . text_of($charge->{from}) . ' ' . text_of($lease->{to}) . " $revision";
		$less -= $self->_rent($lease, $charge->{place}, $lease->{to}, $revision, $at, take_id(\%found, $key))->{gross};
	}
	$self->allocate(undef, $at) if $less > 0;
	die 'the platform charged ' . join(', ', sort keys %found) . "\n" if %found;
	return $less;
}

# ---------------------------------------------------------------- shared costs
# charges: unit to id, of the platform.
sub share_cost
{
	my ($self, %given) = @_;
	my ($from, $to, $at, @units) = (@given{qw(from to at)}, @{ $given{units} });
	refuse('not begun') if $from > day_at($at);
	refuse('before the books') if $from < $self->{first};
	refuse('shared already') if grep { $_->{code} eq $given{code} && !defined $_->{back_at} && overlap(@$_{qw(from to)}, $from, $to) } values %{ $self->{costs} };
	my $plan = $self->plan($given{item}, 'any', $from);
	undef $plan if $plan && $plan->{quantity} ne 'once';
	my $rate = $plan ? $plan->{tariff}{rate} // 0 : 0;
	my @weights = @{ $given{weights} };
	refuse('nothing weighs') unless sum0(@weights) > 0;
	my @part = split_amount($given{amount}, @weights);
	$self->{costs}{ $given{id} } = { %given, part => [@part] };
	for my $unit (@units)
	{
		my $gross = shift @part;
		next if $gross == 0;
		my ($net, $tax) = net_of($gross, $rate);
		$self->_new_charge(id => $given{charges}{$unit} // die("the platform did not charge unit $unit\n"), item => $given{item}, unit => $unit,
			payer => $self->payer($given{item}, $unit, $from), component => 'principal', source => 'shared_cost', cost => $given{id}, revision => 1,
			from => $from, to => $to, net => $net, tax => $tax, gross => $gross, rate => $rate, due_on => day_at($at) + ($plan ? $plan->{due_days} : 14), at => $at);
	}
	$self->allocate(undef, $at);
}

sub reverse_cost
{
	my ($self, $id, $at) = @_;
	my $cost = $self->{costs}{$id};
	refuse('taken back already') if defined $cost->{back_at};
	refuse('before it was shared') if $at < $cost->{at};
	$self->reverse_charge($_->{id}, 0, $at)
	  for sort { $a->{id} <=> $b->{id} } grep { ($_->{cost} // 0) == $id && !defined $_->{back_at} } values %{ $self->{charges} };
	$cost->{back_at} = $at;
}

# ---------------------------------------------------------------- parking
# What a stay costs before tax, in cents: each day of it begins the steps afresh.
sub stay_price
{
	my ($tariff, $from, $to) = @_;
	return 0 if $to - $from <= 60 * $tariff->{free_minutes};
	my $sum = 0;
	while ($from < $to)
	{
		my $end = $from + 86400;
		if (defined $tariff->{day_starts})
		{
			$end = 86400 * day_at($from) + 60 * $tariff->{day_starts};
			$end += 86400 while $end <= $from;
		}
		my $seconds = min($end, $to) - $from;
		my ($done, $cost) = (0, 0);
		for my $step (@{ $tariff->{steps} })
		{
			my $until = defined $step->{up_to} ? min($seconds, 60 * $step->{up_to}) : $seconds;
			next if $until <= $done;
			$cost += $step->{price} * whole($until - $done + 60 * $step->{every} - 1, 60 * $step->{every});
			$done = $until;
		}
		$sum += defined $tariff->{day_maximum} ? min($cost, $tariff->{day_maximum}) : $cost;
		$from = $end;
	}
	return $sum;
}

sub charge_stay
{
	my ($self, %given) = @_;
	my ($from, $to, $at) = @given{qw(from_at to_at at)};
	refuse('not over') if $to > $at;
	refuse('charged already') if grep { $_->{plate} eq $given{plate} && overlap(@$_{qw(from_at to_at)}, $from, $to) } @{ $self->{stays} };
	my $day = day_at($to);
	my $plan = $self->plan($given{item}, defined $given{unit} ? $self->{units}{ $given{unit} }{kind} : 'any', $day);
	refuse('no price') unless $plan && $plan->{quantity} eq 'once' && $plan->{tariff}{model} eq 'duration';
	my ($net, $tax, $gross) = with_tax($plan->{tariff}, stay_price($plan->{tariff}, $from, $to), 1);
	push @{ $self->{stays} }, {%given};
	return $self->_new_charge(id => $given{id}, item => $given{item}, unit => $given{unit}, payer => $given{payer} // $self->payer($given{item}, $given{unit}, $day),
		component => 'principal', source => 'parking', revision => 1, from => day_at($from), to => $day + 1, net => $net, tax => $tax, gross => $gross,
		rate => $plan->{tariff}{rate} // 0, due_on => day_at($at) + $plan->{due_days}, at => $at);
}

# Of leases and shared costs a line each.
sub source_lines
{
	my ($self) = @_;
	return (
		map({ join '|', 'lease', $_->{id}, text_of($_->{from}), defined $_->{to} ? text_of($_->{to}) : '', $_->{state} } values %{ $self->{leases} }),
		map({ join '|', 'cost', @$_{qw(id code amount)}, join(',', @{ $_->{part} }), defined $_->{back_at} ? 'back' : '' } values %{ $self->{costs} }));
}

1;
