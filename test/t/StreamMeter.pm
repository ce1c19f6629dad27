# Meters in the stream of money: what they showed, corrections, exchanges; and
# who pays before a unit is handed over.
package Stream;
use strict;
use warnings;
use List::Util qw(max min);
use MoneyModel;
use Test::More;
use StreamDebt;

our ($model, $now, $first, $step, %count, @units, @parties);

sub shown { return sprintf '%.6f', $_[0] / 1e6 }

# At most units, since before the books or within them; some are not read first.
sub build_meters
{
	for my $unit (grep { rand() < 0.7 } @units)
	{
		my $at = ($first - 30 + int(rand(45))) * 86400 + int(rand(86400));
		my $initial = rand() < 0.8 ? 1000 * int(rand(900000)) : undef;
		my $times = one_of(1, 1, 10);
		my ($row) = rows("SELECT rui.install_meter(1, 'w$unit', 'water', 'm3', $unit, initial => " . (defined $initial ? "to_jsonb(" . shown($initial) . ')' : 'NULL')
			  . ", multiplier => $times, installed_at => " . at($at) . ', at => ' . at(max($at, $now)) . ')');
		$model->install_meter(id => $row->[0], unit => $unit, times => $times, initial => $initial, at => $at);
	}
}

# Mostly of now, at times of a day that is past, or an estimate; most of them
# between what was read before and after.
sub reading
{
	my $unit = one_of(sort { $a <=> $b } keys %{ $model->{meters} }) // return;
	my $meter = $model->{meters}{$unit};
	my $at = when();
	my $read_at = rand() < 0.7 ? $at - int(rand(40000)) : max($first * 86400, $at - int(rand(40 * 86400)));
	my $kind = rand() < 0.85 ? 'actual' : 'estimate';
	my $value = some_value($meter->{faces}[-1], $read_at);
	command($kind eq 'actual' ? 'reading' : 'estimate', "SELECT rui.record_reading(1, $meter->{id}, " . shown($value) . ", kind => '$kind', read_at => " . at($read_at) . key($at), 1, sub {
		$model->take_reading(id => ($_[0] // 0) + 0, unit => $unit, read_at => $read_at, value => $value, kind => $kind, at => $at);
	});
}

sub some_value
{
	my ($face, $at, $but) = @_;
	my ($least, $most) = MoneyModel::neighbours($face, $at, $but);
	$least //= 1000 * int(rand(1000));
	my $room = defined $most ? $most - $least : 1000 * int(rand(15000));
	return max(0, $least + 1000 * int(($room / 1000 + 1) * rand(1.02)) - (rand() < 0.05 ? 1000 * int(rand(3000)) : 0));
}

# Most readings of a run's day, so that it has something to charge.
sub read_all
{
	for my $unit (grep { rand() < 0.8 } sort { $a <=> $b } keys %{ $model->{meters} })
	{
		my $meter = $model->{meters}{$unit};
		my $value = some_value($meter->{faces}[-1], $now);
		command('reading', "SELECT rui.record_reading(1, $meter->{id}, " . shown($value) . ", read_at => " . at($now) . key($now), 1,
			sub { $model->take_reading(id => ($_[0] // 0) + 0, unit => $unit, read_at => $now, value => $value, kind => 'actual', at => $now) });
	}
}

sub correction
{
	my @known = map { my $unit = $_; map { my $face = $_; map { [ $unit, $face, $_ ] } grep { $_->{id} } @$face } @{ $model->{meters}{$unit}{faces} } } sort { $a <=> $b } keys %{ $model->{meters} };
	my ($unit, $face, $reading) = @{ one_of(@known) // return reading() };
	my ($at, $value) = (when(), some_value($face, $reading->{at}, $reading));
	command('correction', "SELECT rui.correct_reading(1, $reading->{id}, " . shown($value) . ", 'Misread'" . key($at), 1,
		sub { $model->correct_reading(($_[0] // 0) + 0, $unit, $reading->{id}, $value) });
}

sub exchange
{
	my $unit = one_of(sort { $a <=> $b } keys %{ $model->{meters} }) // return;
	my $meter = $model->{meters}{$unit};
	my ($final, $initial) = (some_value($meter->{faces}[-1], $now), 1000 * int(rand(5000)));
	command('exchange', "SELECT rui.replace_meter(1, $meter->{id}, to_jsonb(" . shown($final) . '), to_jsonb(' . shown($initial) . ')' . key($now), 1,
		sub { $model->replace_meter(($_[0] // 0) + 0, $unit, $final, $initial, $now) });
}

# ------------------------------------------------------------------ handing over
sub delivery
{
	my $unit = one_of(@units);
	my ($day, $developer) = (rand() < 0.8 ? MoneyModel::day_at($now) - 20 + int(rand(40)) : undef, rand() < 0.4 ? one_of(@parties) : undef);
	command('delivery', "SELECT rui.set_delivery(1, $unit, " . (defined $day ? day($day) : 'NULL') . ', NULL, ' . value($developer) . key($now), 1, sub {
		my $known = $model->{deliveries}{$unit};
		$model->{deliveries}{$unit} = { on => $day, developer => $developer // ($known ? $known->{developer} : undef) };
	});
}

sub developer
{
	my ($party, $day, $what) = (one_of(@parties), MoneyModel::day_at($now) - 20 + int(rand(40)), one_of(qw(building project)));
	command('developer', "SELECT rui.set_developer(1, $party, " . day($day) . ', ' . ($what eq 'building' ? 1 : 'NULL') . key($now), 1,
		sub { MoneyModel::begin($model->{developers}{$what} //= [], $day, $party) });
}

our @meter_deck = ((\&reading) x 6, (\&correction) x 3, (\&exchange) x 1, (\&delivery) x 2, (\&developer) x 1);

1;
