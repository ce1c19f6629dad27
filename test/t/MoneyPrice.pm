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

1;
