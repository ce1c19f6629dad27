# The money of one project as an accountant would keep it with a pencil: whole
# cents in whole numbers, days counted one by one, debts paid one after the
# other. Nothing of it comes from the platform; what it says follows
# docs/billing.md, docs/ledger.md, docs/tariff.md and the comments of the
# functions. test/t/090_money_stream.pl holds the platform against it.
#
# Days are counted from 1970-01-01, times are seconds of the project's clock
# from then, money is in cents, areas in hundredths of a square metre, prices in
# ten-thousandths. A command returns what it made, or dies with "refused: why".
#
# A new kind of charge is a row of {charges} made by _new_charge: what it costs
# is the caller's to compute; payments, waivers, write-offs, late fees, reversals, the
# ledger and the comparison know it then.
package MoneyModel;
use strict;
use warnings;
use POSIX qw(floor);
use Time::Local qw(timegm_nocheck);
use MoneyDebt;

sub new
{
	my ($class, %given) = @_;
	# first: the first day of the books; closed: the last closed month, or nothing.
	return bless { first => $given{first}, months => {}, items => {}, units => {}, charges => {}, payments => {}, waivers => {}, write_offs => {},
		losses => [], allocations => [], postings => [], owners => {}, households => {} }, $class;
}

# ---------------------------------------------------------------- days, money
sub day_of { my ($text) = @_; my ($y, $m, $d) = split /-/, $text; return int(timegm_nocheck(0, 0, 0, $d, $m - 1, $y) / 86400) }
sub text_of { my @t = gmtime($_[0] * 86400); return sprintf '%04d-%02d-%02d', $t[5] + 1900, $t[4] + 1, $t[3] }
sub month_of { my @t = gmtime($_[0] * 86400); return $_[0] - $t[3] + 1 }
sub next_month { return month_of(month_of($_[0]) + 31) }
sub day_at { return floor($_[0] / 86400) }
sub refuse { die "refused: $_[0]\n" }

# The nearest whole number to a fraction that is not negative, halves up.
sub nearest { my ($above, $below) = @_; use integer; return (2 * $above + $below) / (2 * $below) }
sub whole { my ($above, $below) = @_; use integer; return $above / $below }

# Parts of an amount in proportion: each rounded down, the cents that are left
# to the largest remainders, the first of equals.
sub split_amount
{
	my ($amount, @weights) = @_;
	my $sum = 0;
	$sum += $_ for @weights;
	my @part = map { whole($amount * $_, $sum) } @weights;
	my @rest = map { $amount * $weights[$_] - $part[$_] * $sum } 0 .. $#weights;
	my $left = $amount;
	$left -= $_ for @part;
	for my $place ((sort { $rest[$b] <=> $rest[$a] || $a <=> $b } 0 .. $#weights)[ 0 .. $left - 1 ]) { $part[$place]++ }
	return @part;
}

# What a tariff says: (net, tax, gross). Exact in millionths until the one rounding.
sub price
{
	my ($tariff, $quantity) = @_;
	my $paid = $quantity - ($tariff->{free} // 0);
	$paid = 0 if $paid < 0;
	my $exact = 0;
	if ($tariff->{model} eq 'flat') { $exact = $tariff->{amount} * 10000 }
	elsif ($tariff->{model} eq 'fixed') { $exact = $tariff->{price} * $paid }
	elsif ($tariff->{model} eq 'package')
	{
		my $packages = whole($paid + $tariff->{size} - 1, $tariff->{size});
		$exact = $packages * $tariff->{price} * 10000;
	}
	else
	{
		my $from = 0;
		my $place = 0;
		for my $tier (@{ $tariff->{tiers} })
		{
			my $to = $tier->{up_to};
			my $holds = $place++ == 0 || $paid > $from;
			my $is_reached = $holds && (!defined $to || $paid <= $to);
			if ($tariff->{model} eq 'volume')
			{
				$exact += $paid * $tier->{price} + $tier->{flat} * 10000 if $is_reached;
			}
			elsif ($holds)
			{
				my $part = (defined $to && $paid > $to ? $to : $paid) - $from;
				$exact += $part * $tier->{price} + $tier->{flat} * 10000;
			}
			last if $is_reached;
			$from = $to;
		}
	}
	$exact += ($tariff->{surcharge} // 0) * 10000;
	$exact = $tariff->{minimum} * 10000 if defined $tariff->{minimum} && $exact < $tariff->{minimum} * 10000;
	$exact = $tariff->{maximum} * 10000 if defined $tariff->{maximum} && $exact > $tariff->{maximum} * 10000;
	my $total = rounded($tariff, $exact, 10000);
	my $rate = $tariff->{rate} // 0;
	if ($tariff->{inclusive})
	{
		my $net = rounded($tariff, $total * 100, 100 + $rate);
		return ($net, $total - $net, $total);
	}
	my $tax = rounded($tariff, $total * $rate, 100);
	return ($total, $tax, $total + $tax);
}

# A fraction as the tariff rounds, the tax too.
sub rounded
{
	my ($tariff, $above, $below) = @_;
	my $step = 10**(2 - ($tariff->{scale} // 2));
	my $mode = $tariff->{mode} // 'half_up';
	$below *= $step;
	return $step * ($mode eq 'half_up' ? nearest($above, $below) : $mode eq 'down' ? whole($above, $below) : whole($above + $below - 1, $below));
}

# ---------------------------------------------------------------- the ledger
# The month a document of that month is posted in at an instant.
sub posting_month
{
	my ($self, $month, $at) = @_;
	my $open = $self->{first};
	$open = next_month($self->{closed}) if defined $self->{closed} && next_month($self->{closed}) > $open;
	my $now = month_of(day_at($at));
	$month = $open if $month < $open;
	return $month < $now ? $month : $now;
}

sub must_be_open
{
	my ($self, $month) = @_;
	refuse('before the books') if $month < $self->{first};
	refuse('the month is closed') if defined $self->{closed} && $month <= $self->{closed};
}

sub post
{
	my ($self, $at, $period, $debit, $credit, $amount, $document, $id) = @_;
	return if $amount == 0;
	$self->must_be_open($period);
	push @{ $self->{postings} }, { at => $at, period => $period, debit => $debit, credit => $credit, amount => $amount, document => "$document $id" };
	for (my $month = $self->{first}; $month <= $period; $month = next_month($month)) { $self->{months}{$month} //= 'open' }
}

sub post_back
{
	my ($self, $at, $document, $id) = @_;
	for my $posting (grep { $_->{document} eq "$document $id" && !$_->{is_back} } @{ $self->{postings} })
	{
		$posting->{is_back} = 1;
		$self->post($at, month_of(day_at($at)), @$posting{qw(credit debit amount)}, $document, $id);
		$self->{postings}[-1]{is_back} = 1;
	}
}

sub close_month
{
	my ($self, $month, $at) = @_;
	refuse('not over') if day_at($at) < next_month($month);
	refuse('before the books') if $month < $self->{first};
	refuse('closed already') if defined $self->{closed} && $month <= $self->{closed};
	refuse('an earlier month is open') if $month > (defined $self->{closed} ? next_month($self->{closed}) : $self->{first});
	refuse('its revenue is not recognized') if $self->to_recognize($month, 9e18);
	$self->{months}{$month} = 'closed';
	$self->{closed} = $month;
}

sub reopen_month
{
	my ($self, $month) = @_;
	refuse('not the last closed month') unless defined $self->{closed} && $self->{closed} == $month;
	$self->{months}{$month} = 'open';
	my $before = month_of($month - 1);
	$self->{closed} = $before < $self->{first} ? undef : $before;
}

# ---------------------------------------------------------------- who and what
# Rows of [from, to, value]: what holds on a day.
sub on_day
{
	my ($rows, $day) = @_;
	for my $row (@{ $rows // [] }) { return $row if $row->[0] <= $day && (!defined $row->[1] || $day < $row->[1]) }
	return undef;
}

# From a day on another value, or none: the row that holds ends.
sub turn
{
	my ($rows, $day, $value) = @_;
	my $row = on_day($rows, $day);
	$row->[1] = $day if $row;
	@$rows = grep { !defined $_->[1] || $_->[0] < $_->[1] } @$rows;
	push @$rows, [ $day, undef, $value ] if defined $value;
}

sub payer
{
	my ($self, $item, $unit, $day) = @_;
	my ($owner, $occupant);
	if (my $row = on_day($self->{owners}{$unit}, $day))
	{
		for my $share (@{ $row->[2] }) { $owner = $share if !$owner || $share->[1] > $owner->[1] }
	}
	if (my $row = on_day($self->{households}{$unit}, $day))
	{
		my %place = (tenant => 1, owner => 2, family => 3);
		my @people = sort { $place{ $a->[1] } <=> $place{ $b->[1] } || $a->[0] <=> $b->[0] } grep { $place{ $_->[1] } } @{ $row->[2] };
		$occupant = $people[0];
	}
	my @wanted = $self->{items}{$item}{payer} eq 'owner' ? ($owner, $occupant) : ($occupant, $owner);
	my ($who) = grep { defined } @wanted;
	return $who ? $who->[0] : undef;
}

sub plan
{
	my ($self, $item, $kind, $day) = @_;
	for my $wanted ($kind, 'any')
	{
		my $row = on_day($self->{items}{$item}{plans}{$wanted}, $day);
		return $row->[2] if $row;
	}
	return undef;
}

# From a day on another price, until the next that is set already.
sub set_plan
{
	my ($self, $item, $kind, $day, $plan) = @_;
	my $rows = $self->{items}{$item}{plans}{$kind} //= [];
	refuse('a plan begins that day') if grep { $_->[0] == $day } @$rows;
	my $row = on_day($rows, $day);
	my ($next) = sort { $a <=> $b } map { $_->[0] } grep { $_->[0] > $day } @$rows;
	$row->[1] = $day if $row;
	push @$rows, [ $day, $next, $plan ];
}

# ---------------------------------------------------------------- charges
sub _new_charge
{
	my ($self, %charge) = @_;
	$charge{at} //= die 'a charge has a time';
	my $period = $self->posting_month(month_of($charge{from}), $charge{at});
	$self->must_be_open($period) if $charge{gross} > 0;
	my $credit = $charge{source} eq 'opening' ? '4104' : $charge{component} eq 'late_fee' ? '6301' : $self->{items}{ $charge{item} }{account};
	$self->{charges}{ $charge{id} } = \%charge;
	my $end = next_month($period);
	my $earned = $charge{net};
	if ($charge{to} > $end && $charge{source} ne 'opening' && $credit =~ /^6/)
	{
		$earned = earned(\%charge, $charge{net}, $end);
		my $from = month_of($charge{from});
		$charge{later} = { account => $credit, month => $from > $end ? $from : $end, recognized => $earned,
			waived => 0, written => 0, lost => 0, left => 0, back => 0, rows => [] } if $earned < $charge{net};
	}
	$self->post($charge{at}, $period, '1122', $credit, $earned, 'charge', $charge{id});
	$self->post($charge{at}, $period, '1122', '2205', $charge{net} - $earned, 'charge', $charge{id});
	$self->post($charge{at}, $period, '1122', '2221', $charge{tax}, 'charge', $charge{id});
	return \%charge;
}

# What of a net is earned before a day, by days.
sub earned
{
	my ($charge, $net, $day) = @_;
	my ($passed, $all) = (0, 0);
	for my $one ($charge->{from} .. $charge->{to} - 1) { $all++; $passed++ if $one < $day }
	return nearest($net * $passed, $all);
}

# Charges, of all or one, with something to recognize up to a month that is over.
sub to_recognize
{
	my ($self, $through, $at, $only) = @_;
	return grep { (!defined $only || $_->{id} == $only) && $_->{later} && !defined $_->{back_at} && $_->{at} <= $at
		  && $_->{later}{month} <= $through && $_->{later}{month} < $_->{to} } values %{ $self->{charges} };
}

sub recognize
{
	my ($self, $through, $at, $only) = @_;
	for my $charge ($self->to_recognize($through, $at, $only))
	{
		my $later = $charge->{later};
		while ($later->{month} <= $through && $later->{month} < $charge->{to})
		{
			my ($month, $end) = ($later->{month}, next_month($later->{month}));
			my $amount = earned($charge, $charge->{net} - $later->{waived} - $later->{written}, $end) + $later->{lost} - $later->{recognized};
			my $period = $self->posting_month($month, $at);
			# Dated within the month, though not before the charge.
			my $dated = $period != $month ? $at : $charge->{at} >= $end * 86400 ? $charge->{at} : $end * 86400 - 0.000001;
			$self->post($dated, $period, '2205', $later->{account}, $amount, 'recognition', "$charge->{id} $month");
			push @{ $later->{rows} }, { month => $month, period => $period, amount => $amount, at => $dated };
			$later->{recognized} += $amount;
			$later->{month} = $end;
		}
	}
}

sub month_over { return month_of(month_of(day_at($_[0])) - 1) }

# Months that are over keep what they earned: before a charge is less, or none.
sub recognized_after { my ($charge, $at) = @_; return scalar grep { $_->{at} > $at } @{ $charge->{later} ? $charge->{later}{rows} : [] } }

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
				undef $plan if $plan && ($plan->{quantity} eq 'once' || $plan->{quantity} eq 'household' && !on_day($self->{households}{$unit}, $day));
				my $payer = $plan ? $self->payer($item, $unit, $day) : undef;
				if ($row && (!$plan || $row->{plan} != $plan || ($row->{payer} // 0) != ($payer // 0)))
				{
					push @due, $row;
					undef $row;
				}
				$row //= { item => $item, unit => $unit, payer => $payer, plan => $plan, from => $day } if $plan;
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
		if ($row->{from} > $month || $row->{to} < $end)
		{
			$gross = nearest($gross * ($row->{to} - $month), $days) - nearest($gross * ($row->{from} - $month), $days);
			$net = nearest($gross * 100, 100 + $rate);
			$tax = $gross - $net;
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
	my %id = map { ($_->[1] => $_->[0]) } @found;
	my @due = $self->due($month, $at, @$units);
	return $self->allocate(undef, $at) if !@due && $is_last;
	$self->must_be_open(month_of(day_at($at))) if grep { $_->{gross} > 0 } @due;
	for my $row (@due)
	{
		my $id = $id{ key_of($row) };
		$self->_new_charge(%$row, id => $id // die("the platform did not charge " . key_of($row) . "\n"));
		delete $id{ key_of($row) };
	}
	die 'the platform charged ' . join(', ', sort keys %id) . "\n" if %id;
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
	my ($net, $tax, $gross) = price($plan->{tariff}, $given{quantity});
	my $revision = 1 + ($about ? grep { $_->{component} eq 'cost' && $_->{about} == $about->{id} } values %{ $self->{charges} } : 0);
	return $self->_new_charge(id => $given{id}, item => $given{item}, unit => $unit,
		payer => $given{payer} // ($about ? $about->{payer} : undef) // (defined $given{unit} ? $self->payer($given{item}, $given{unit}, $day) : undef),
		component => $about ? 'cost' : 'principal', about => $given{about}, source => $about ? 'cost' : 'order', revision => $revision,
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
	refuse('only of runs') if $again && $charge->{source} ne 'plan';
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
				$key = defined $wish ? sprintf('0 %06d', $wish) : sprintf('1 %06d', $self->{charges}{$debt}{due_on});
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

my %account = (cash => '1001', bank => '1002', wechat => '1012');

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

# ---------------------------------------------------------------- the whole
# Everything there is to compare, a line each; $at is not before anything that happened.
sub lines
{
	my ($self, $at) = @_;
	my @lines;
	my $today = day_at($at);
	my %arrears;
	for my $c (values %{ $self->{charges} })
	{
		my ($paid, $waived) = ($self->allocated('charge', $c->{id}), defined $c->{back_at} ? 0 : $self->waived($c->{id}));
		my ($open, $lost) = ($self->open_amount($c), $self->written_off($c->{id}));
		my $state = defined $c->{back_at} ? 'reversed' : $c->{gross} == $waived && $waived > 0 ? 'waived' : $open == 0 && $lost > 0 ? 'written_off' : $open == 0 ? 'paid' : $paid > 0 ? 'part_paid' : 'billed';
		push @lines, join '|', 'charge', $c->{id}, $c->{item}, $c->{unit} // '', $c->{payer} // '', $c->{component}, $c->{about} // '', $c->{source},
		  $c->{revision}, text_of($c->{from}), text_of($c->{to}), $c->{gross}, $c->{tax}, text_of($c->{due_on}), $paid, $waived, $lost, $open, $state;
		if (my $later = $c->{later})
		{
			push @lines, join '|', 'deferral', $c->{id}, $later->{recognized}, defined $c->{back_at} ? 0 : $c->{net} - $later->{waived} - $later->{written} + $later->{lost} - $later->{recognized};
			push @lines, map { join '|', 'recognition', $c->{id}, text_of($_->{month}), text_of($_->{period}), $_->{amount}, floor($_->{at}) } @{ $later->{rows} };
		}
		my @late = $self->late_fee($c, $at);
		push @lines, join '|', 'late', $c->{id}, @late if @late && !defined $c->{back_at} && $c->{due_on} < $today && ($late[2] > 0 || $late[3] > 0);
		next if $open <= 0;
		my $age = $today - $c->{due_on};
		my $column = $age <= 0 ? 0 : $age <= 30 ? 1 : $age <= 60 ? 2 : $age <= 90 ? 3 : $age <= 180 ? 4 : 5;
		my $row = $arrears{ $c->{unit} // '' } //= [ (0) x 7 ];
		$row->[$column] += $open;
		$row->[6] += $open;
	}
	push @lines, map { join '|', 'arrears', $_, @{ $arrears{$_} } } keys %arrears;
	my (%allocation, %balance, %total);
	$allocation{"$_->{payment}|$_->{charge}"} += $_->{amount} for @{ $self->{allocations} };
	push @lines, map { "allocation|$_|$allocation{$_}" } grep { $allocation{$_} } keys %allocation;
	for my $p (values %{ $self->{payments} })
	{
		push @lines, join '|', 'payment', $p->{id}, $p->{amount}, $self->allocated('payment', $p->{id}), $p->{refunded}, $self->left_over($p),
		  defined $p->{back_at} ? 'reversed' : 'done';
	}
	push @lines, map { join '|', 'waiver', @$_{qw(id charge amount)}, $_->{net} // '', $_->{tax} // '', $_->{state} } values %{ $self->{waivers} };
	push @lines, map { join '|', 'write-off', @$_{qw(id amount)}, $_->{written} // '', $_->{state} } values %{ $self->{write_offs} };
	my %loss;
	$loss{"$_->{charge}|$_->{kind}"} += $_->{amount} for @{ $self->{losses} };
	push @lines, map { "loss|$_|$loss{$_}" } keys %loss;
	for my $p (@{ $self->{postings} })
	{
		my $month = substr text_of($p->{period}), 0, 7;
		$balance{"$month|$p->{debit}"} += $p->{amount};
		$balance{"$month|$p->{credit}"} -= $p->{amount};
		$total{ $p->{debit} }[0] += $p->{amount};
		$total{ $p->{credit} }[1] += $p->{amount};
	}
	push @lines, map { "balance|$_|$balance{$_}" } grep { $balance{$_} } keys %balance;
	push @lines, map { join '|', 'trial', $_, $total{$_}[0] // 0, $total{$_}[1] // 0 } keys %total;
	push @lines, $self->ageing($at - 17 * 86400);
	push @lines, map { join '|', 'month', substr(text_of($_), 0, 7), $self->{months}{$_} } keys %{ $self->{months} };
	return sort @lines;
}

1;
