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
use MoneyBill;
use MoneyDebt;
use MoneyDeposit;
use MoneyMeter;
use MoneyPay;
use MoneyPrice;
use MoneySource;

sub new
{
	my ($class, %given) = @_;
	# first: the first day of the books; closed: the last closed month, or nothing.
	return bless { first => $given{first}, months => {}, items => {}, units => {}, charges => {}, payments => {}, waivers => {}, write_offs => {},
		losses => [], allocations => [], postings => [], owners => {}, households => {}, discounts => {}, leases => {}, costs => {}, stays => [],
		deposits => {}, forfeits => {}, disputes => {}, meters => {}, deliveries => {}, developers => {} }, $class;
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

# Whoever acts here may post in it as before.
sub soften_month
{
	my ($self, $month, $at) = @_;
	refuse('not over') if day_at($at) < next_month($month);
	refuse('not open') if ($self->{months}{$month} // '') ne 'open';
	refuse('an earlier month is open') if grep { $_ < $month && $self->{months}{$_} eq 'open' } keys %{ $self->{months} };
	refuse('its revenue is not recognized') if $self->to_recognize($month, 9e18);
	$self->{months}{$month} = 'soft_closed';
}

sub reopen_month
{
	my ($self, $month) = @_;
	refuse('a later month is not open') if grep { $_ > $month && $self->{months}{$_} ne 'open' } keys %{ $self->{months} };
	my $is_soft = ($self->{months}{$month} // '') eq 'soft_closed';
	refuse('not the last closed month') unless $is_soft || defined $self->{closed} && $self->{closed} == $month;
	$self->{months}{$month} = 'open';
	return if $is_soft;
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
	# Until a unit is handed over, and of what nobody has bought: the developer.
	my ($built) = map { $_->[2] } grep { defined } map { on_day($self->{developers}{$_}, $day) } qw(building project);
	my $delivery = $self->{deliveries}{$unit};
	my $is_awaited = $delivery && !(defined $delivery->{on} && $delivery->{on} <= $day);
	return $delivery->{developer} // $built if $is_awaited && defined($delivery->{developer} // $built);
	return $who ? $who->[0] : $built;
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
	begin($rows, $day, $plan);
}

sub begin
{
	my ($rows, $day, $value) = @_;
	refuse('another begins that day') if grep { $_->[0] == $day } @$rows;
	my $row = on_day($rows, $day);
	my ($next) = sort { $a <=> $b } map { $_->[0] } grep { $_->[0] > $day } @$rows;
	$row->[1] = $day if $row;
	push @$rows, [ $day, $next, $value ];
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
		  $c->{revision}, text_of($c->{from}), text_of($c->{to}), $c->{gross}, $c->{tax}, text_of($c->{due_on}), $paid, $waived, $lost, $open, $state, $c->{discount} // '';
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
	push @lines, map { join '|', 'payout', @$_{qw(id kind row amount state)} } values %{ $self->{payouts} };
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
	push @lines, $self->source_lines, $self->deposit_lines, $self->discount_lines, $self->dispute_lines, $self->meter_lines;
	push @lines, $self->ageing($at - 17 * 86400);
	push @lines, map { join '|', 'line', $_, @{ $self->{lines}{$_} }{qw(amount state)} } keys %{ $self->{lines} };
	push @lines, map { join '|', 'month', substr(text_of($_), 0, 7), $self->{months}{$_} } keys %{ $self->{months} };
	return sort @lines;
}

1;
