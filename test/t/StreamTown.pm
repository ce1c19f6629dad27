# The town of the stream of money: its company, units, fee items, prices that
# change and people who move.
package Stream;
use strict;
use warnings;
use List::Util qw(max min);
use MoneyModel;
use Test::More;
use StreamServer;
use Strike;

our ($model, $now, $first, $node, %count);

our @parties = 3 .. 11;
our @units;
our %item = (property => [ 'owner', '6001' ], heat => [ 'occupant', '6051' ], family => [ 'owner', '6001' ], park => [ 'occupant', '2241' ], repair => [ 'occupant', '6051' ],
	shared => [ 'owner', '6001' ], visit => [ 'occupant', '6051' ], water => [ 'occupant', '6051' ], power => [ 'owner', '6051' ]);
our %quantity = (property => 'area', heat => 'unit', family => 'household', park => 'unit', repair => 'once', shared => 'once', visit => 'once', water => 'meter', power => 'meter');

sub build_company
{
	$node->safe_psql('postgres', q{
		SELECT rui.create_company('acme', 'Acme', 'Li', session_user::name);
		INSERT INTO rui.party (company_id, code, name) VALUES (1, 'second', 'Second');
		CREATE ROLE second SUPERUSER LOGIN;
		INSERT INTO rui.login (login, party_id) VALUES ('second', 2);
		INSERT INTO rui.company_member (company_id, party_id, role_code, valid)
		SELECT 1, p, r, tstzrange('2000-01-01 00:00+00', NULL) FROM unnest('{1,2}'::bigint[]) p, unnest('{loader,manager,accountant}'::text[]) r;
		SELECT rui.create_project(1, 'town', 'Town', 'Asia/Shanghai');
		SELECT rui.set_project_state(1, 'go_live');
		INSERT INTO rui.party (company_id, code, name) SELECT 1, 'p' || i, 'P' || i FROM generate_series(1, 9) i;
		INSERT INTO rui.building (project_id, code, footprint, entrance)
		SELECT 1, 'b1', ST_Multi(ST_MakeEnvelope(118.80, 32.05, 118.801, 32.051, 4326)), ST_SetSRID(ST_MakePoint(118.8005, 32.05), 4326);
	});
	# Statements that write money.
	Strike::arm($node, 'postgres', 'INSERT OR UPDATE', qw(
		charge charge_reversal payment allocation refund waiver write_off credit_loss deferral recognition posting event
		request accounting_period billing_run document_number discount lease lease_cycle shared_cost shared_cost_share
		bank_statement bank_line reconciliation parking_stay deposit deposit_return deposit_forfeit payout dispute meter_bill meter_reading));
}

sub build_town
{
	my @kinds = ([ 'home', 8950 ], [ 'home', 12037 ], [ 'home', 6001 ], [ 'shop', 3310 ], [ 'home', 10000 ], [ 'parking', 1250 ], [ 'parking', 1320 ], [ 'office', 20599 ]);
	for my $n (1 .. @kinds)
	{
		my ($kind, $area) = @{ $kinds[ $n - 1 ] };
		my ($row) = rows("INSERT INTO rui.unit (project_id, building_id, code, kind, area_m2) VALUES (1, 1, 'u$n', '$kind', " . money($area) . ') RETURNING id');
		$model->{units}{ $row->[0] } = { kind => $kind, area => $area };
	}
	@units = ids('units');
	rows('SELECT rui.open_books(1, ' . day($first) . ', at => ' . at($now) . ')');
	$model->{months}{$first} = 'open';
	# Half of what is given back, one gives back alone: far within a limit that somebody else has set.
	rows("INSERT INTO rui.payout_limit (project_id, amount, at, set_by) SELECT 1, 1e9, '2000-01-01', p.id FROM rui.party p WHERE p.id <> rui.current_party() ORDER BY p.id LIMIT 1 RETURNING id");
	for my $code (sort keys %item)
	{
		my ($payer, $account) = @{ $item{$code} };
		rows("SELECT rui.set_fee_item(1, '$code', '$code', '$payer', '$account')");
		$model->{items}{$code} = { payer => $payer, account => $account, plans => {}, late => [], is_metered => ($quantity{$code} // '') eq 'meter' };
		change_price($code, $code eq 'park' ? 'parking' : 'any', $first - 40);
	}
	change_price('property', 'shop', $first);
	for my $code (qw(rent damage))
	{
		rows("SELECT rui.set_fee_item(1, '$code', '$code', 'occupant', '6051')");
		$model->{items}{$code} = { payer => 'occupant', account => '6051', plans => {}, late => [] };
	}
	change_price('damage', 'any', $first - 40, { model => 'fixed', price => 10000, rate => 6, inclusive => 1 });
	for my $rule ([ 'property', 'never' ], [ 'repair', 'always' ])
	{
		my ($code, $stops) = @$rule;
		my $from = $first + int(rand(20));
		rows("SELECT rui.set_dispute_rule(1, '$code', '$stops', " . day($from) . ')');
		push @{ $model->{items}{$code}{disputes} }, [ $from, undef, $stops ];
	}
	for my $rule ([ 'property', 50000, 5, 300000 ], [ 'repair', 1000000, 0, 50000 ], [ 'park', 100000, 3, 1000000 ], [ 'rent', 80000, 4, 200000, 150 ], [ 'shared', 60000, 2, 500000, undef, 139500 ])
	{
		my ($code, $rate, $grace, $cap, $most, $annual) = @$rule;
		rows(sprintf "SELECT rui.set_late_rule(1, '$code', %.8f, $grace, %.6f, '2020-01-01', cap_amount => %s, annual_cap => %s)", $rate / 1e8, $cap / 1e6,
		  defined $most ? money($most) : 'NULL', defined $annual ? $annual / 1e6 : 'NULL');
		push @{ $model->{items}{$code}{late} }, [ MoneyModel::day_of('2020-01-01'), undef, [ $rate, $grace, $cap, $most, $annual ] ];
	}
	for my $unit (@units) { move('owners', $unit, $first - 400); move('households', $unit, $first - 300) if rand() < 0.7 }
}

# A random tariff, for the model and as text; big ones for areas.
sub tariff
{
	my ($is_by_area) = @_;
	my $price = sub { return $is_by_area ? 10000 + int(rand(40000)) : 100000 + int(rand(2000000)) };
	my %t = (model => one_of(qw(flat fixed fixed graduated volume package)));
	if ($t{model} eq 'flat') { $t{amount} = 500 + int(rand(30000)) }
	elsif ($t{model} eq 'fixed') { $t{price} = $price->() }
	elsif ($t{model} eq 'package') { $t{size} = $is_by_area ? 1050 : 100; $t{price} = 100 + int(rand(5000)) }
	else
	{
		my $bound = 0;
		my $tiers = 1 + int(rand(3));
		for my $place (1 .. $tiers)
		{
			$bound += 1 + int(rand($is_by_area ? 6000 : 250));
			push @{ $t{tiers} }, { price => $price->(), flat => rand() < 0.5 ? int(rand(900)) : 0, $place < $tiers ? (up_to => $bound) : () };
		}
	}
	$t{free} = int(rand(3000)) if $is_by_area && $t{model} ne 'flat' && rand() < 0.2;
	$t{surcharge} = int(rand(999)) if rand() < 0.2;
	$t{minimum} = 1 + int(rand(9000)) if rand() < 0.15;
	$t{maximum} = 20000 + int(rand(9000)) if rand() < 0.15;
	($t{scale}, $t{mode}) = (int(rand(3)), one_of(qw(half_up up down))) if rand() < 0.4;
	($t{rate}, $t{inclusive}) = (one_of(3, 6, 9, 13), rand() < 0.6 ? 1 : 0) if rand() < 0.8;
	return \%t;
}

sub tariff_text
{
	my %t = %{ $_[0] };
	my @parts = (qq("model":"$t{model}"));
	push @parts, sprintf '"%s":"%s"', $_, money($t{$_}) for grep { defined $t{$_} } qw(amount surcharge minimum maximum size day_maximum);
	push @parts, qq("free_minutes":$t{free_minutes}) if defined $t{free_minutes};
	push @parts, '"steps":[' . join(',', map { '{' . join(',', defined $_->{up_to} ? qq("up_to":$_->{up_to}) : (), qq("every":$_->{every}),
		sprintf('"price":"%s"', money($_->{price}))) . '}' } @{ $t{steps} }) . ']' if $t{steps};
	push @parts, sprintf '"day_starts":"%02d:%02d"', int($t{day_starts} / 60), $t{day_starts} % 60 if defined $t{day_starts};
	push @parts, sprintf '"price":"%s"', $t{model} eq 'package' ? money($t{price}) : sprintf('%.4f', $t{price} / 10000) if defined $t{price};
	push @parts, sprintf '"free_units":"%s"', money($t{free}) if $t{free};
	push @parts, '"tiers":[' . join(',', map { '{' . join(',', defined $_->{up_to} ? sprintf('"up_to":"%s"', money($_->{up_to})) : (),
		sprintf('"price":"%.4f"', $_->{price} / 10000), sprintf('"flat":"%s"', money($_->{flat}))) . '}' } @{ $t{tiers} }) . ']' if $t{tiers};
	push @parts, sprintf '"allowance":{"from":"%d","per_person":"%s"}', $t{allowance}{from}, money($t{allowance}{per_person}) if $t{allowance};
	push @parts, qq("rounding":{"scale":$t{scale},"mode":"$t{mode}"}) if defined $t{scale};
	push @parts, sprintf '"tax":{"rate":"0.%02d","inclusive":%s}', $t{rate}, $t{inclusive} ? 'true' : 'false' if $t{rate};
	return '{' . join(',', @parts) . '}';
}

# One by which more never costs less, for what meters count.
sub meter_tariff
{
	my $t = tariff(0);
	$t = tariff(0) until $t->{model} =~ /fixed|graduated|package/;
	$t->{allowance} = { from => 1 + int(rand(3)), per_person => 50 + int(rand(200)) } if $t->{model} eq 'graduated' && rand() < 0.6;
	return $t;
}

# One for stays on parking places.
sub stay_tariff
{
	my %t = (model => 'duration', free_minutes => one_of(0, 15, 30), steps => []);
	my $tiers = 1 + int(rand(3));
	for my $place (1 .. $tiers)
	{
		push @{ $t{steps} }, { every => one_of(10, 30, 60, 61), price => 1 + int(rand(900)), $place < $tiers ? (up_to => 100 * $place + int(rand(90))) : () };
	}
	$t{day_maximum} = 500 + int(rand(4000)) if rand() < 0.6;
	$t{day_starts} = one_of(0, 360, 1439, int(rand(1440))) if rand() < 0.5;
	$t{surcharge} = int(rand(99)) if rand() < 0.2;
	($t{rate}, $t{inclusive}) = (one_of(3, 9), rand() < 0.6 ? 1 : 0) if rand() < 0.8;
	return \%t;
}

sub change_price
{
	my ($code, $kind, $from, $tariff) = @_;
	my $quantity = $quantity{$code} // 'once';
	$tariff //= $code eq 'visit' ? stay_tariff() : $quantity eq 'meter' ? meter_tariff() : tariff($quantity eq 'area');
	my $text = tariff_text($tariff);
	my $due_days = int(rand(25));
	if ($quantity eq 'meter')
	{
		my ($months, $begins) = (one_of(1, 2, 3, 6, 12), 1 + int(rand(12)));
		command('meter price', "SELECT rui.set_meter_plan(1, '$code', '$text', 'water', " . day($from) . ", '$kind', $due_days, NULL, $months, $begins, at => " . at($now) . ')', 0, sub {
			$model->set_plan($code, $kind, $from, { tariff => $tariff, quantity => 'meter', due_days => $due_days, cycle_months => $months, first_month => $begins });
		});
		return;
	}
	command('price', "SELECT rui.set_price_plan(1, '$code', '$text', '$quantity', " . day($from) . ", '$kind', $due_days, at => " . at($now) . ')', 0,
		sub { $model->set_plan($code, $kind, $from, { tariff => $tariff, quantity => $quantity, due_days => $due_days }) });
}

# Somebody else owns a unit, or lives there, from a day on; or nobody.
sub move
{
	my ($what, $unit, $from) = @_;
	my $rows = $model->{$what}{$unit} //= [];
	my $value = @$rows && rand() < 0.2 ? undef : [];
	my %seen;
	for (1 .. 1 + int(rand(3)))
	{
		my $party = one_of(@parties);
		push @$value, [ $party, $what eq 'owners' ? 1 + int(rand(3)) : one_of(qw(tenant owner family helper)) ] if $value && !$seen{$party}++;
	}
	return if grep { $_->[0] >= $from || defined $_->[1] && $_->[1] > $from } @$rows;
	MoneyModel::turn($rows, $from, $value);
	my @sql = ('BEGIN');
	for my $table ($what eq 'owners' ? 'ownership' : qw(occupancy household))
	{
		push @sql, "UPDATE rui.$table SET valid = daterange(lower(valid), " . day($from) . ") WHERE unit_id = $unit AND valid @> " . day($from) . '::date';
	}
	if ($value && $what eq 'owners')
	{
		push @sql, sprintf "INSERT INTO rui.ownership (project_id, unit_id, valid, owner_ids, share_parts) VALUES (1, $unit, daterange(%s, NULL), '{%s}', '{%s}')",
		  day($from), join(',', map { $_->[0] } @$value), join(',', map { $_->[1] } @$value);
	}
	elsif ($value)
	{
		push @sql, sprintf q{WITH h AS (INSERT INTO rui.household (project_id, unit_id, valid) VALUES (1, %d, daterange(%s, NULL)) RETURNING id, valid)
			INSERT INTO rui.occupancy (project_id, household_id, unit_id, party_id, role, valid) SELECT 1, h.id, %1$d, p.id, p.role, h.valid FROM h, (VALUES %3$s) p(id, role)},
		  $unit, day($from), join(',', map { "($_->[0], '$_->[1]')" } @$value);
	}
	ask('first', join ';', @sql);
	rows('COMMIT');
	$count{$what}++;
}

1;
