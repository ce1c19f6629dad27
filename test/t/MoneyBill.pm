# What MoneyModel.pm charges: runs of a month, single charges, opening arrears;
# and what is taken back of it.
package MoneyModel;
use strict;
use warnings;

# ---------------------------------------------------------------- discounts
sub request_discount { my ($self, %given) = @_; $self->{discounts}{ $given{id} } = { %given, state => 'requested' } }

sub decide_discount
{
	my ($self, $id, $is_approved, $at) = @_;
	my $asked = $self->{discounts}{$id};
	refuse('before it was asked for') if $at < $asked->{at};
	refuse('decided already') if $asked->{state} ne 'requested';
	@$asked{qw(state decided_at)} = ($is_approved ? 'approved' : 'refused', $at);
}

sub end_discount
{
	my ($self, $id, $last_day, $at) = @_;
	my $asked = $self->{discounts}{$id};
	refuse('not approved') if $asked->{state} ne 'approved';
	refuse('before it was approved') if $at < $asked->{decided_at};
	refuse('no day of it') if $last_day < $asked->{from} || defined $asked->{to} && $last_day >= $asked->{to};
	@$asked{qw(state to)} = ('ended', $last_day + 1);
}

# The one that counts on a day: of several the lowest share.
sub discount
{
	my ($self, $item, $unit, $payer, $day) = @_;
	my @holds = sort { $a->{share} <=> $b->{share} || $a->{id} <=> $b->{id} } grep {
		my $d = $_;
		$d->{state} =~ /approved|ended/ && $d->{item} eq $item && $d->{from} <= $day && (!defined $d->{to} || $day < $d->{to})
		  && (!defined $d->{payer} || $d->{payer} == ($payer // 0)) && grep { $_ == $unit } @{ $d->{units} }
	} values %{ $self->{discounts} };
	return @holds ? $holds[0]{id} : undef;
}

sub discount_lines
{
	my ($self) = @_;
	return map { join '|', 'discount', @$_{qw(id share state)}, text_of($_->{from}), defined $_->{to} ? text_of($_->{to}) : '' } values %{ $self->{discounts} };
}

# ---------------------------------------------------------------- runs
# What a run of a month has to charge, day by day: rows without id.
sub due
{
	my ($self, $month, $at, @units) = @_;
	refuse('not begun') if $month > day_at($at);
	refuse('before the books') if $month < $self->{first};
	my $end = next_month($month);
	my @due;
	my (%taken, %revision);
	for my $charge (grep { $_->{source} eq 'plan' && $_->{from} >= $month && $_->{from} < $end } values %{ $self->{charges} })
	{
		my $what = "$charge->{item} $charge->{unit}";
		if (defined $charge->{back_at})
		{
			my $revision = \$revision{"$what $charge->{from}"};
			$$revision = $charge->{revision} if ($$revision // 0) < $charge->{revision};
			next if $charge->{again};
		}
		$taken{"$what $_"} = 1 for $charge->{from} .. $charge->{to} - 1;
	}
	for my $item (keys %{ $self->{items} })
	{
		for my $unit (@units ? @units : keys %{ $self->{units} })
		{
			my $row;
			for my $day ($month .. $end)
			{
				my $plan = $day < $end && !$taken{"$item $unit $day"} ? $self->plan($item, $self->{units}{$unit}{kind}, $day) : undef;
				undef $plan if $plan && ($plan->{quantity} =~ /once|meter/ || $plan->{quantity} eq 'household' && !on_day($self->{households}{$unit}, $day));
				my $payer = $plan ? $self->payer($item, $unit, $day) : undef;
				my $less = $plan ? $self->discount($item, $unit, $payer, $day) : undef;
				if ($row && (!$plan || $row->{plan} != $plan || ($row->{payer} // 0) != ($payer // 0) || ($row->{discount} // 0) != ($less // 0)))
				{
					push @due, $row;
					undef $row;
				}
				$row //= { item => $item, unit => $unit, payer => $payer, plan => $plan, discount => $less, from => $day } if $plan;
				$row->{to} = $day + 1 if $row;
			}
		}
	}
	for my $row (@due)
	{
		my $plan = $row->{plan};
		my $quantity = $plan->{quantity} eq 'area' ? $self->{units}{ $row->{unit} }{area} : 100;
		my ($net, $tax, $gross) = price($plan->{tariff}, $quantity);
		my $days = $end - $month;
		my $rate = $plan->{tariff}{rate} // 0;
		if (defined $row->{discount})
		{
			$gross = nearest($gross * $self->{discounts}{ $row->{discount} }{share}, 1_000_000);
			($net, $tax) = net_of($gross, $rate);
		}
		if ($row->{from} > $month || $row->{to} < $end)
		{
			$gross = nearest($gross * ($row->{to} - $month), $days) - nearest($gross * ($row->{from} - $month), $days);
			($net, $tax) = net_of($gross, $rate);
		}
		my $due_on = $month + $plan->{due_days};
		$due_on = day_at($at) if $due_on < day_at($at);
		%$row = (%$row, net => $net, tax => $tax, gross => $gross, rate => $rate, due_on => $due_on, component => 'principal', source => 'plan',
			revision => 1 + ($revision{"$row->{item} $row->{unit} $row->{from}"} // 0), at => $at);
		delete $row->{plan};
	}
	return @due;
}

# A run of a month: found are the rows of the platform, [id, what they are], which
# give the charges their ids.
sub bill
{
	my ($self, $month, $at, $is_last, $units, @found) = @_;
	$self->must_be_open(month_of(day_at($at)));
	my %id = map { ($_->[1] => $_->[0]) } @found;
	my ($counted, $wrong) = $self->metered($month, $at, @$units);
	my @due = ($self->due($month, $at, @$units), @$counted);
	return $self->allocate(undef, $at) if !@due && $is_last;
	my %due = map { (key_of($_) => $_) } @due;
	my ($missed, $more) = (join(', ', grep { !$id{$_} } sort keys %due), join(', ', grep { !$due{$_} } sort keys %id));
	die "the platform did not charge $missed, but $more\n" if $missed || $more;
	$self->_new_charge(%{ $due{$_} }, id => $id{$_}) for sort keys %due;
	$self->reverse_charge($_, 1, $at) for sort { $a <=> $b } @$wrong;
	$self->allocate(undef, $at) if $is_last;
}

# What tells the charge of a run from the others of it.
sub key_of { my ($c) = @_; return join ' ', $c->{item}, $c->{unit}, text_of($c->{from}), text_of($c->{to}), $c->{revision} }

sub add_charge
{
	my ($self, %given) = @_;
	my $today = day_at($given{at});
	my ($day, $to) = ($given{from} // $today, $given{to} // $today + 1);
	my $about = defined $given{about} ? $self->{charges}{ $given{about} } : undef;
	my $unit = $given{unit} // ($about ? $about->{unit} : undef);
	if ($about)
	{
		refuse('not of a principal charged before') if $about->{component} ne 'principal' || $about->{at} > $given{at};
		refuse('of a charge taken back') if defined $about->{back_at};
	}
	my $plan = $self->plan($given{item}, defined $given{unit} ? $self->{units}{ $given{unit} }{kind} : 'any', $day);
	refuse('no price') unless $plan && $plan->{quantity} eq 'once';
	refuse('charged already') if !$about && defined $given{source_id}
	  && grep { $_->{source} eq $given{source} && ($_->{source_id} // -1) == $given{source_id} } values %{ $self->{charges} };
	my ($net, $tax, $gross) = price($plan->{tariff}, $given{quantity});
	my $revision = 1 + ($about ? grep { $_->{component} eq 'cost' && $_->{about} == $about->{id} } values %{ $self->{charges} } : 0);
	return $self->_new_charge(id => $given{id}, item => $given{item}, unit => $unit,
		payer => $given{payer} // ($about ? $about->{payer} : undef) // (defined $given{unit} ? $self->payer($given{item}, $given{unit}, $day) : undef),
		component => $about ? 'cost' : 'principal', about => $given{about}, source => $given{source}, source_id => $given{source_id}, revision => $revision,
		from => $day, to => $to, net => $net, tax => $tax, gross => $gross, rate => $plan->{tariff}{rate} // 0,
		due_on => $today + $plan->{due_days}, at => $given{at});
}

sub add_opening
{
	my ($self, %given) = @_;
	my $last = $given{to} - 1 < day_at($given{at}) ? $given{to} - 1 : day_at($given{at});
	return $self->_new_charge(%given, payer => $self->payer($given{item}, $given{unit}, $last), component => 'principal', source => 'opening',
		revision => 1, net => $given{gross}, tax => 0, rate => 0);
}

sub reverse_charge
{
	my ($self, $id, $again, $at) = @_;
	my $charge = $self->{charges}{$id};
	refuse('before the charge') if $at < $charge->{at};
	refuse('only of runs') if $again && $charge->{source} ne 'plan' && !$charge->{is_metered};
	refuse('reversed already') if defined $charge->{back_at};
	refuse('has late fees or costs') if grep { ($_->{about} // 0) == $id && !defined $_->{back_at} } values %{ $self->{charges} };
	refuse('waived after') if grep { $_->{charge} == $id && $_->{state} eq 'approved' && $_->{decided_at} > $at } values %{ $self->{waivers} };
	refuse('recognized after') if recognized_after($charge, $at);
	refuse('written off after') if grep { $_->{charge} == $id && $_->{at} > $at } @{ $self->{losses} };
	$self->take_back(sub { $_[0]{charge} == $id }, $at);
	$self->must_be_open(month_of(day_at($at))) if $charge->{gross} > 0;
	$self->recognize(month_over($at), $at, $id);
	$self->post_back($at, 'recognition', "$id $_->{month}") for @{ $charge->{later} ? $charge->{later}{rows} : [] };
	$self->post_back($at, 'waiver', $_->{id}) for grep { $_->{charge} == $id && $_->{state} eq 'approved' } values %{ $self->{waivers} };
	my $lost = $self->written_off($id);
	$self->_lose($id, 'reversed', -$lost, $at) if $lost > 0 || $charge->{later} && $charge->{later}{left} != 0;
	$charge->{back_at} = $at;
	$charge->{again} = $again;
	$self->post_back($at, 'charge', $id);
}

1;
