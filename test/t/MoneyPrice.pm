# What things cost in MoneyModel.pm: parts of amounts, and tariffs.
package MoneyModel;
use strict;
use warnings;

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

# What a tariff says: (net, tax, gross). Quantities have 1 / scale as their unit;
# bounds and sizes hundredths. Exact in parts of a cent until the one rounding.
sub price
{
	my ($tariff, $quantity, $scale) = @_;
	$scale //= 100;
	my ($cent, $unit) = (100 * $scale, whole($scale, 100));
	my $paid = $quantity - $unit * ($tariff->{free} // 0);
	$paid = 0 if $paid < 0;
	my $exact = 0;
	if ($tariff->{model} eq 'flat') { $exact = $tariff->{amount} * $cent }
	elsif ($tariff->{model} eq 'fixed') { $exact = $tariff->{price} * $paid }
	elsif ($tariff->{model} eq 'package')
	{
		my $size = $unit * $tariff->{size};
		$exact = whole($paid + $size - 1, $size) * $tariff->{price} * $cent;
	}
	else
	{
		my $from = 0;
		my $place = 0;
		for my $tier (@{ $tariff->{tiers} })
		{
			my $to = defined $tier->{up_to} ? $unit * $tier->{up_to} : undef;
			my $holds = $place++ == 0 || $paid > $from;
			my $is_reached = $holds && (!defined $to || $paid <= $to);
			if ($tariff->{model} eq 'volume')
			{
				$exact += $paid * $tier->{price} + $tier->{flat} * $cent if $is_reached;
			}
			elsif ($holds)
			{
				my $part = (defined $to && $paid > $to ? $to : $paid) - $from;
				$exact += $part * $tier->{price} + $tier->{flat} * $cent;
			}
			last if $is_reached;
			$from = $to;
		}
	}
	return with_tax($tariff, $exact, $cent);
}

# Of what a model comes to, in parts of a cent: (net, tax, gross).
sub with_tax
{
	my ($tariff, $exact, $cent) = @_;
	$exact += ($tariff->{surcharge} // 0) * $cent;
	$exact = $tariff->{minimum} * $cent if defined $tariff->{minimum} && $exact < $tariff->{minimum} * $cent;
	$exact = $tariff->{maximum} * $cent if defined $tariff->{maximum} && $exact > $tariff->{maximum} * $cent;
	my $total = rounded($tariff, $exact, $cent);
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

1;
