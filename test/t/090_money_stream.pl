# A seeded stream of everything that moves money in a project, over months of
# a simulated calendar, beside a slow model of the same (MoneyModel.pm):
# after each month every charge, allocation, payment, waiver, write-off, late fee, arrear
# and balance is what the model says, and no invariant is broken. On the way
# statements are cancelled, backends terminated and killed in the midst of a
# step, answers lost, and the server stopped at once between steps;
# then the step is sent again. Two sessions bill at once.
#
# STREAM_SEED (1) is what happens, STREAM_DAYS (40) for how many days, STREAM_EVENTS
# (2) how many commands on a day at most, STREAM_CHECK=step compares after each step.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use IPC::Open3;
use List::Util qw(max min);
use MoneyModel;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $seed = $ENV{STREAM_SEED} // 1;
my $days = $ENV{STREAM_DAYS} // 40;
my $events = $ENV{STREAM_EVENTS} // 2;
my $checks_steps = ($ENV{STREAM_CHECK} // '') eq 'step';
srand($seed);

# The first day of the books is a month with leap February soon, or far.
my $first = MoneyModel::day_of(('2023-12-01', '2024-02-01', '2024-01-01', '2024-11-01', '2025-02-01')[ $seed % 5 ]);
my $model = MoneyModel->new(first => $first);
my $now = ($first + 2) * 86400 + 9 * 3600;
my $step = 0;
my %count;

my $node = PostgreSQL::Test::Cluster->new('stream');
$node->init;
$node->append_conf('postgresql.conf', "restart_after_crash = on\nsynchronous_commit = on\njit = off\n");
$node->start;
$node->safe_psql('postgres', q{
	CREATE EXTENSION rui CASCADE;
	CALL rui.create_platform();
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

	-- Counts down the statements that write money, and strikes at the last.
	CREATE FUNCTION public.strike() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
	DECLARE
		times integer := coalesce(nullif(current_setting('strike.times', true), '')::integer, 0);
		pid integer := pg_backend_pid();
	BEGIN
		IF times > 0 THEN
			PERFORM set_config('strike.times', (times - 1)::text, false);
		END IF;
		IF times = 1 AND current_setting('strike.kind') = 'cancel' THEN
			PERFORM pg_cancel_backend(pid);
		ELSIF times = 1 AND current_setting('strike.kind') = 'terminate' THEN
			PERFORM pg_terminate_backend(pid);
		ELSIF times = 1 THEN
			EXECUTE format('COPY (SELECT) TO PROGRAM %L', 'kill -9 ' || pid);
		END IF;
		RETURN NULL;
	END$$;
	DO $$
	DECLARE
		t text;
	BEGIN
		FOREACH t IN ARRAY '{charge,charge_reversal,payment,allocation,refund,waiver,write_off,credit_loss,deferral,recognition,posting,event,request,accounting_period,billing_run,document_number}'::text[] LOOP
			EXECUTE format('CREATE TRIGGER strike AFTER INSERT OR UPDATE ON rui.%I EXECUTE FUNCTION public.strike()', t);
		END LOOP;
	END$$;
});

# ------------------------------------------------------------------ sessions
my %session;

sub session
{
	my ($user) = @_;
	return $session{$user} if $session{$user};
	my ($in, $out);
	my $connection = $node->connstr('postgres') . ($user eq 'first' ? '' : " user=$user");
	open my $errors, '>>', PostgreSQL::Test::Utils::tempdir() . "/errors.$user" or die $!;
	my $pid = open3($in, $out, '>&' . fileno($errors), 'psql', '-X', '-q', '-A', '-t', '-d', $connection);
	return $session{$user} = { in => $in, out => $out, pid => $pid };
}

sub leave
{
	my ($user) = @_;
	my $s = delete $session{$user} or return;
	close $s->{in};
	close $s->{out};
	waitpid $s->{pid}, 0;
}

sub send_sql
{
	my ($user, $sql) = @_;
	local $SIG{PIPE} = 'IGNORE';
	my $s = session($user);
	print { $s->{in} } "$sql;\n\\echo end :SQLSTATE\n";
	$s->{in}->flush;
}

# (SQLSTATE, what came out), or (undef) where the connection is gone.
sub answer
{
	my ($user) = @_;
	my $out = $session{$user}{out};
	my $text = '';
	while (my $line = <$out>)
	{
		return ($1, $text) if $line =~ /^end (\w{5})$/;
		$text .= $line;
	}
	leave($user);
	return (undef, $text);
}

sub await_server
{
	leave($_) for keys %session;
	$node->poll_query_until('postgres', 'SELECT true') or die 'the server did not come back';
}

sub ask
{
	my ($user, $sql, $strike, $times) = @_;
	send_sql($user, $strike ? "SET strike.kind = '$strike'; SET strike.times = $times" : 'SET strike.times = 0');
	answer($user);
	send_sql($user, $sql);
	return answer($user);
}

sub rows
{
	my ($sql) = @_;
	my ($state, $text) = ask('first', $sql);
	die "a look failed: " . ($state // 'gone') . " $sql" if ($state // '') ne '00000';
	return map { [ split /\|/, $_, -1 ] } split /\n/, $text;
}

# ------------------------------------------------------------------ a step
# sql is sent, under a storm now and then, until it is answered; apply does the
# same to the model. keyed: it may be sent again although it was done.
my %documented = map { $_ => 1 } qw(22023 55000 P0002 23505);

sub is_struck { return rand() < 0.10 ? (qw(cancel terminate kill lost stop cancel terminate kill lost))[ rand 9 ] : '' }

sub deliver
{
	my ($user, $sql, $is_keyed) = @_;
	my $strike = is_struck();
	if ($strike eq 'stop') { leave($_) for keys %session; $node->stop('immediate'); $node->start }
	my ($state, $text);
	if ($strike eq 'lost')
	{
		($state, $text) = ask($user, $sql);
		return ($state, $text) unless $is_keyed;
		leave($user);
		$count{lost}++;
		my ($again, $text_again) = ask($user, $sql);
		is("$again $text_again", "$state $text", "step $step: the answer to what is sent again is the same") if "$again $text_again" ne "$state $text";
		return ($state, $text);
	}
	if ($strike =~ /^(cancel|terminate|kill)$/)
	{
		($state, $text) = ask($user, $sql, $strike, 1 + int(rand(9)));
		$count{$strike}++ if !defined $state || $state eq '57014' || $state eq '57P01';
		await_server() if !defined $state;
	}
	else { $count{$strike}++ if $strike }
	($state, $text) = ask($user, $sql) if !defined $state || $state eq '57014' || $state eq '57P01';
	return ($state, $text);
}

sub judge
{
	my ($what, $sql, $state, $text, $apply) = @_;
	$step++;
	die "step $step: $what: no answer" unless defined $state;
	my $is_done = eval { $apply->($state eq '00000' ? $text : undef); 1 };
	my $why = $@;
	my $expected = $is_done ? 'done' : $why =~ /^refused: (.*)/ ? "refused: $1" : "impossible: $why";
	my $found = $state eq '00000' ? 'done' : $documented{$state} ? 'refused' : "error $state";
	$count{ $what . ($is_done ? '' : ' refused') }++;
	if ($expected !~ /^\Q$found\E/)
	{
		fail("step $step: $what at " . at($now) . ": the model says $expected, the platform $found ($state)");
		diag($sql);
		finish();
	}
	compare("step $step: $what: $sql") if $checks_steps;
}

sub command
{
	my ($what, $sql, $is_keyed, $apply, $user) = @_;
	judge($what, $sql, deliver($user // 'first', $sql, $is_keyed), $apply);
}

sub finish { leave($_) for keys %session; $node->stop('immediate'); done_testing(); exit 1 }

# ------------------------------------------------------------------ comparing
# All that MoneyModel says at the instant :at, one line each, amounts in cents.
my $everything = q{
	SELECT concat_ws('|', 'charge', c.id, f.code, coalesce(c.unit_id::text, ''), coalesce(c.payer_id::text, ''), c.component, coalesce(c.about_charge_id::text, ''),
		c.source, c.revision, lower(c.period), upper(c.period), (c.gross * 100)::bigint, (c.tax * 100)::bigint, c.due_on, (o.paid * 100)::bigint, (o.waived * 100)::bigint,
		(o.written_off * 100)::bigint, (o.open_amount * 100)::bigint, o.state)
	FROM rui.charge c JOIN rui.fee_item f ON f.id = c.fee_item_id JOIN rui.charge_open o ON o.charge_id = c.id
	UNION ALL
	SELECT concat_ws('|', 'late', l.charge_id, l.days_late, (l.open_amount * 100)::bigint, (l.accrued * 100)::bigint, (l.billed * 100)::bigint) FROM rui.late_fees(1, :at) l
	UNION ALL
	SELECT concat_ws('|', 'arrears', coalesce(r.unit_id::text, ''), (r.not_due * 100)::bigint, (r.days_1_30 * 100)::bigint, (r.days_31_60 * 100)::bigint,
		(r.days_61_90 * 100)::bigint, (r.days_91_180 * 100)::bigint, (r.days_over_180 * 100)::bigint, (r.total * 100)::bigint) FROM rui.arrears(1, :at) r
	UNION ALL
	SELECT concat_ws('|', 'allocation', a.payment_id, a.charge_id, (sum(a.amount) * 100)::bigint) FROM rui.allocation a GROUP BY a.payment_id, a.charge_id HAVING sum(a.amount) <> 0
	UNION ALL
	SELECT concat_ws('|', 'payment', p.payment_id, (p.amount * 100)::bigint, (p.allocated * 100)::bigint, (p.refunded * 100)::bigint, (p.left_over * 100)::bigint, p.state)
	FROM rui.payment_open p
	UNION ALL
	SELECT concat_ws('|', 'waiver', w.id, w.charge_id, (w.amount * 100)::bigint, coalesce((w.net * 100)::bigint::text, ''), coalesce((w.tax * 100)::bigint::text, ''), w.state)
	FROM rui.waiver w
	UNION ALL
	SELECT concat_ws('|', 'deferral', o.charge_id, (o.recognized * 100)::bigint, (o.remaining * 100)::bigint) FROM rui.deferral_open o
	UNION ALL
	SELECT concat_ws('|', 'recognition', r.charge_id, r.month, r.period, (r.amount * 100)::bigint,
		floor(extract(epoch FROM r.at AT TIME ZONE 'Asia/Shanghai'))) FROM rui.recognition r
	UNION ALL
	SELECT concat_ws('|', 'write-off', w.id, (w.amount * 100)::bigint, coalesce((w.written * 100)::bigint::text, ''), w.state) FROM rui.write_off w
	UNION ALL
	SELECT concat_ws('|', 'loss', l.charge_id, l.kind, (sum(l.amount) * 100)::bigint) FROM rui.credit_loss l GROUP BY l.charge_id, l.kind
	UNION ALL
	SELECT concat_ws('|', 'balance', to_char(s.period, 'YYYY-MM'), a.code, (sum(CASE WHEN s.is_debit THEN s.amount ELSE -s.amount END) * 100)::bigint)
	FROM rui.ledger_side s JOIN rui.account a ON a.id = s.account_id GROUP BY s.period, a.code HAVING sum(CASE WHEN s.is_debit THEN s.amount ELSE -s.amount END) <> 0
	UNION ALL
	SELECT concat_ws('|', 'trial', t.code, (t.debit * 100)::bigint, (t.credit * 100)::bigint) FROM rui.trial_balance(1, :at) t WHERE t.debit + t.credit > 0
	UNION ALL
	SELECT concat_ws('|', 'ageing', coalesce(g.key::text, ''), g.bracket, g.charges, (g.amount * 100)::bigint)
	FROM rui.arrears_ageing(1, :at::timestamptz - interval '17 days', 'payer') g
	UNION ALL
	SELECT concat_ws('|', 'receivables', (coalesce(sum(g.amount), 0) * 100)::bigint) FROM rui.arrears_ageing(1, :at::timestamptz - interval '17 days', 'year') g
	UNION ALL
	SELECT concat_ws('|', 'month', to_char(m.month, 'YYYY-MM'), m.state) FROM rui.accounting_period m
};
my %closed;

sub compare
{
	my ($about) = @_;
	my $at = at($now);
	my @found = sort map { join '|', @$_ } rows($everything =~ s/:at\b/$at/gr);
	my @expected = $model->lines($now);
	my %found = map { $_ => 1 } @found;
	my %expected = map { $_ => 1 } @expected;
	my @wrong = (map({ "model    $_" } grep { !$found{$_} } @expected), map({ "platform $_" } grep { !$expected{$_} } @found));
	ok(!@wrong, $about) if @wrong || !$checks_steps || $about !~ /^step/;
	diag(join "\n", "seed $seed", @wrong[ 0 .. min(29, $#wrong) ]) if @wrong;
	my @broken = $about =~ /^step/ ? () : map { join ' ', @$_ } rows('SELECT v.invariant, v.detail FROM rui.invariant_violation v');
	is(join("\n", @broken), '', 'no invariant is broken') if $about !~ /^step/;
	# What is closed stays as it was closed.
	for my $month (sort keys %closed)
	{
		my $is = join "\n", sort grep { /^balance\|$month\|/ } @found;
		is($is, $closed{$month}, "closed $month is as it was") if $is ne $closed{$month};
	}
	finish() if @wrong || @broken;
	return @found;
}

sub note_closed
{
	my ($month) = @_;
	my $text = substr MoneyModel::text_of($month), 0, 7;
	my $at = at($now);
	$closed{$text} = join "\n", sort grep { /^balance\|$text\|/ } map { join '|', @$_ } rows($everything =~ s/:at\b/$at/gr);
}

# ------------------------------------------------------------------ the town
sub at { my ($time) = @_; my $s = $time % 86400; return sprintf "'%s %02d:%02d:%02d+08'", MoneyModel::text_of(MoneyModel::day_at($time)), int($s / 3600), int($s / 60) % 60, $s % 60 }
sub money { return sprintf '%d.%02d', int($_[0] / 100), $_[0] % 100 }
sub day { return "'" . MoneyModel::text_of($_[0]) . "'" }
sub value { return defined $_[0] ? $_[0] : 'NULL' }
sub one_of { return @_ ? $_[ rand @_ ] : undef }
sub ids { my ($table) = @_; return sort { $a <=> $b } keys %{ $model->{$table} } }

# Now, or late: some days ago, though not before the books.
sub when
{
	return $now if rand() < 0.85;
	return max($first * 86400 + 3600, $now - int(rand(40) + 1) * 86400 + int(rand(3600)));
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
	my $text = sub {
		my @parts = (qq("model":"$t{model}"));
		push @parts, sprintf '"%s":"%s"', $_, money($t{$_}) for grep { defined $t{$_} } qw(amount surcharge minimum maximum size);
		push @parts, sprintf '"price":"%s"', $t{model} eq 'package' ? money($t{price}) : sprintf('%.4f', $t{price} / 10000) if defined $t{price};
		push @parts, sprintf '"free_units":"%s"', money($t{free}) if $t{free};
		push @parts, '"tiers":[' . join(',', map { '{' . join(',', defined $_->{up_to} ? sprintf('"up_to":"%s"', money($_->{up_to})) : (),
			sprintf('"price":"%.4f"', $_->{price} / 10000), sprintf('"flat":"%s"', money($_->{flat}))) . '}' } @{ $t{tiers} }) . ']' if $t{tiers};
		push @parts, qq("rounding":{"scale":$t{scale},"mode":"$t{mode}"}) if defined $t{scale};
		push @parts, sprintf '"tax":{"rate":"0.%02d","inclusive":%s}', $t{rate}, $t{inclusive} ? 'true' : 'false' if $t{rate};
		return '{' . join(',', @parts) . '}';
	};
	return (\%t, $text->());
}

my @parties = 3 .. 11;
my @kinds = ([ 'home', 8950 ], [ 'home', 12037 ], [ 'home', 6001 ], [ 'shop', 3310 ], [ 'home', 10000 ], [ 'parking', 1250 ], [ 'parking', 1320 ], [ 'office', 20599 ]);
for my $n (1 .. @kinds)
{
	my ($kind, $area) = @{ $kinds[ $n - 1 ] };
	my ($row) = rows("INSERT INTO rui.unit (project_id, building_id, code, kind, area_m2) VALUES (1, 1, 'u$n', '$kind', " . money($area) . ') RETURNING id');
	$model->{units}{ $row->[0] } = { kind => $kind, area => $area };
}
my @units = ids('units');
rows('SELECT rui.open_books(1, ' . day($first) . ', at => ' . at($now) . ')');
$model->{months}{$first} = 'open';
my %item = (property => [ 'owner', '6001' ], heat => [ 'occupant', '6051' ], family => [ 'owner', '6001' ], park => [ 'occupant', '2241' ], repair => [ 'occupant', '6051' ]);
my %quantity = (property => 'area', heat => 'unit', family => 'household', park => 'unit', repair => 'once');
for my $code (sort keys %item)
{
	my ($payer, $account) = @{ $item{$code} };
	rows("SELECT rui.set_fee_item(1, '$code', '$code', '$payer', '$account')");
	$model->{items}{$code} = { payer => $payer, account => $account, plans => {}, late => [] };
	change_price($code, $code eq 'park' ? 'parking' : 'any', $first - 40);
}
change_price('property', 'shop', $first);
for my $rule ([ 'property', 50000, 5, 300000 ], [ 'repair', 1000000, 0, 50000 ], [ 'park', 100000, 3, 1000000 ])
{
	my ($code, $rate, $grace, $cap) = @$rule;
	rows(sprintf "SELECT rui.set_late_rule(1, '$code', %.8f, $grace, %.6f, '2020-01-01')", $rate / 1e8, $cap / 1e6);
	push @{ $model->{items}{$code}{late} }, [ MoneyModel::day_of('2020-01-01'), undef, [ $rate, $grace, $cap ] ];
}
for my $unit (@units) { move('owners', $unit, $first - 400); move('households', $unit, $first - 300) if rand() < 0.7 }
opening();

sub change_price
{
	my ($code, $kind, $from) = @_;
	my ($tariff, $text) = tariff($quantity{$code} eq 'area');
	my $due_days = int(rand(25));
	command('price', "SELECT rui.set_price_plan(1, '$code', '$text', '$quantity{$code}', " . day($from) . ", '$kind', $due_days, at => " . at($now) . ')', 0,
		sub { $model->set_plan($code, $kind, $from, { tariff => $tariff, quantity => $quantity{$code}, due_days => $due_days }) });
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

# ------------------------------------------------------------------ commands
sub key { return ", request_key => 'k$step', at => " . at($_[0]) . ')' }

sub new_plan_charges
{
	my $last = max(0, ids('charges'));
	return rows(q{SELECT c.id, concat_ws(' ', f.code, c.unit_id, lower(c.period), upper(c.period), c.revision), c.unit_id FROM rui.charge c
		JOIN rui.fee_item f ON f.id = c.fee_item_id WHERE c.source = 'plan' AND c.id > } . $last . ' ORDER BY c.id');
}

my %next; # of a run in pieces: the place of the next unit

# The charges of so many units from where the run has come to, or all that are left.
sub take_piece
{
	my ($month, $at, $pieces, @found) = @_;
	my $from = $next{$month} // 0;
	my @piece = @units[ $from .. min($#units, $from + ($pieces // @units) - 1) ];
	my $is_last = $from + @piece == @units;
	$next{$month} = $is_last ? 0 : $from + @piece;
	my %of = map { $_ => 1 } @piece;
	$model->bill($month, $at, $is_last, \@piece, grep { $of{ $_->[2] } && !$model->{charges}{ $_->[0] } } @found);
}

sub bill
{
	my ($month, $at) = @_;
	my $day = day($month);
	my $dice = rand();
	if ($dice < 0.4)
	{
		command('billing', "SELECT * FROM rui.run_billing(1, $day, at => " . at($at) . ')', 0,
			sub { $model->bill($month, $at, 1, [], defined $_[0] ? new_plan_charges() : ()) });
	}
	elsif ($dice < 0.6)
	{
		my $size = 1 + int(rand(5));
		for (1 .. 1 + int(rand(4)))
		{
			command('billing piece', "SELECT * FROM rui.continue_billing(1, $day, $size, at => " . at($at) . ')', 0, sub {
				my $before = $next{$month};
				eval { take_piece($month, $at, $size, defined $_[0] ? new_plan_charges() : ()); 1 } or do { $next{$month} = $before; die $@ };
			});
		}
	}
	elsif ($dice < 0.8)
	{
		my $before = $next{$month};
		command('billing month', "CALL rui.bill_month(1, $day, " . (1 + int(rand(5))) . ', ' . at($at) . ')', 0, sub {
			eval { take_piece($month, $at, undef, defined $_[0] ? new_plan_charges() : ()); 1 } or do { $next{$month} = $before; die $@ };
		});
	}
	else
	{
		# Two at once: the charges of one.
		my $size = rand() < 0.5 ? 3 : undef;
		my $sql = $size ? "SELECT * FROM rui.continue_billing(1, $day, $size, at => " . at($at) . ')' : "SELECT * FROM rui.run_billing(1, $day, at => " . at($at) . ')';
		ask($_, 'SELECT 1') for qw(first second);
		send_sql($_, $sql) for qw(first second);
		my @state = map { (answer($_))[0] } qw(first second);
		my @found = new_plan_charges();
		my $before = $next{$month};
		for my $place (0, 1)
		{
			judge('billing at once', $sql, $state[$place], '', sub {
				eval { $size ? take_piece($month, $at, $size, @found) : $model->bill($month, $at, 1, [], grep { !$model->{charges}{ $_->[0] } } @found); 1 }
				  or do { $next{$month} = $before; die $@ };
			});
		}
	}
}

sub opening
{
	my $unit = one_of(@units);
	my $from = $first - 30 - int(rand(300));
	my $to = $from + 1 + int(rand(60));
	my $gross = 1 + int(rand(30000));
	my $code = one_of(qw(property park));
	my ($at, $reference) = ($now, "r$step");
	my $due_on = $to - 1 - int(rand(9));
	my $n = (grep { $units[ $_ - 1 ] == $unit } 1 .. @units)[0];
	my $batch = sprintf '[{"unit":"u%d","fee_item":"%s","from":%s,"to":%s,"amount":"%s","due_on":%s,"reference":"%s"}]', $n, $code,
	  map({ s/'/"/gr } day($from), day($to)), money($gross), day($due_on) =~ s/'/"/gr, $reference;
	command('opening', "SELECT r.id FROM rui.import_opening_arrears(1, '$batch'" . key($at) . ' r WHERE r.row_no = 1', 1, sub {
		$model->add_opening(id => ($_[0] // 0) + 0, item => $code, unit => $unit, from => $from, to => $to, gross => $gross, due_on => $due_on, at => $at);
	});
}

# Often one that is not all revenue yet.
sub some_deferred { return rand() < 0.4 ? one_of(grep { my $c = $model->{charges}{$_}; $c->{later} && !defined $c->{back_at} } ids('charges')) : undef }
sub some_charge { return some_deferred() // one_of(grep { my $c = $model->{charges}{$_}; !defined $c->{back_at} || rand() < 0.1 } ids('charges')) }
sub some_open { return some_deferred() // one_of(grep { $model->open_amount($model->{charges}{$_}) > 0 } ids('charges')) // some_charge() }

sub order
{
	my ($unit, $about, $at) = (one_of(@units), undef, when());
	if (rand() < 0.35 && defined($about = some_charge())) { undef $unit }
	my $payer = !$about && rand() < 0.3 ? one_of(@parties) : undef;
	undef $unit if $payer && rand() < 0.3;
	my $quantity = int(rand(900));
	# For days around, or a long time ahead.
	my ($from, $to);
	if (!$about && rand() < 0.6)
	{
		$from = MoneyModel::day_at($at) - 40 + int(rand(80));
		$to = $from + (1, 1 + int(rand(40)), 90, 365)[ rand 4 ];
	}
	command($about ? 'cost' : $from ? 'order of days' : 'order', "SELECT rui.add_charge(1, 'repair', " . money($quantity) . ', ' . value($unit) . ', ' . value($payer)
		  . ($about ? ", 'cost', about_charge_id => $about" : '') . ($from ? ', from_on => ' . day($from) . ', to_on => ' . day($to) : '') . key($at), 1, sub {
		$model->add_charge(id => ($_[0] // 0) + 0, item => 'repair', quantity => $quantity, unit => $unit, payer => $payer, about => $about, at => $at,
			from => $from, to => $to);
	});
}

sub late_fee
{
	my $at = when();
	my $about = one_of(grep { my @l = $model->late_fee($model->{charges}{$_}, $now); @l && $l[2] > 0 } ids('charges')) // some_charge() // return;
	command('late fee', "SELECT rui.charge_late_fee(1, $about" . key($at), 1, sub { $model->charge_late_fee(($_[0] // 0) + 0, $about, $at) });
}

sub charge_back
{
	my $id = some_charge() // return;
	my ($at, $again) = (when(), $model->{charges}{$id}{source} eq 'plan' && rand() < 0.7 ? 1 : 0);
	command('charge back', "SELECT rui.reverse_charge(1, $id, 'Wrong', " . ($again ? 'true' : 'false') . ', at => ' . at($at) . ')', 0,
		sub { $model->reverse_charge($id, $again, $at) });
}

sub payment
{
	my ($at, $unit, $payer, @wishes) = (when(), one_of(@units), one_of(@parties));
	if (my $c = $model->{charges}{ some_open() // 0 })
	{
		($unit, $payer) = @$c{qw(unit payer)} if defined $c->{unit} && defined $c->{payer};
	}
	my $scope = rand();
	if ($scope < 0.4) { undef $payer } elsif ($scope < 0.7) { undef $unit }
	my @mine = grep { my $c = $model->{charges}{$_}; (!defined $unit || ($c->{unit} // 0) == $unit) && (!defined $payer || ($c->{payer} // 0) == $payer) } ids('charges');
	if (@mine && rand() < 0.4) { push @wishes, one_of(@mine) for 1 .. 1 + int(rand(3)) }
	my $owed = 0;
	$owed += $model->open_amount($model->{charges}{$_}) for @mine;
	# In part, exactly, too much, or a few cents.
	my $amount = max(1, (int(rand($owed + 1)), $owed, $owed + int(rand(50000)), 1 + int(rand(9)), 1 + int(rand(60000)))[ rand 5 ]);
	my $channel = one_of(qw(cash bank wechat));
	command('payment', "SELECT rui.record_payment(1, " . value($unit) . ', ' . value($payer) . ', ' . money($amount) . ", '$channel', "
		  . (@wishes ? "'{" . join(',', @wishes) . "}'" : 'NULL') . (rand() < 0.3 ? ", 'x$step'" : ', NULL') . key($at), 1, sub {
		$model->pay(id => ($_[0] // 0) + 0, unit => $unit, payer => $payer, amount => $amount, channel => $channel, wishes => \@wishes, at => $at);
	});
}

sub payment_back
{
	my $id = one_of(ids('payments')) // return;
	my $at = when();
	command('payment back', "SELECT rui.reverse_payment(1, $id, 'Bounced', " . at($at) . ')', 0, sub { $model->reverse_payment($id, $at) });
}

sub refund
{
	my $id = one_of(grep { $model->left_over($model->{payments}{$_}) > 0 } ids('payments')) // one_of(ids('payments')) // return;
	my $at = when();
	my $amount = max(1, int($model->left_over($model->{payments}{$id}) * rand(1.2)));
	command('refund', "SELECT rui.refund_payment(1, $id, " . money($amount) . ", 'Too much'" . key($at), 1, sub { $model->refund($id, $amount, $at, ($_[0] // 0) + 0) });
}

sub waiver
{
	my ($charge, $at) = (some_open() // return, when());
	my $open = $model->open_amount($model->{charges}{$charge});
	my $amount = max(1, (int(rand($open + 1)), $open, $open + 1)[ rand 3 ]);
	my $id;
	command('waiver', "SELECT rui.request_waiver(1, $charge, " . money($amount) . ", 'Lift'" . key($at), 1, sub {
		$id = ($_[0] // 0) + 0;
		$model->request_waiver($id, $charge, $amount, $at);
	});
}

sub decision
{
	my $id = one_of(grep { $model->{waivers}{$_}{state} eq 'requested' } ids('waivers')) // one_of(ids('waivers')) // return;
	my ($at, $is_approved) = (when(), rand() < 0.75 ? 1 : 0);
	command('waiver decided', "SELECT rui.decide_waiver(1, $id, " . ($is_approved ? 'true' : 'false') . key($at), 1, sub { $model->decide_waiver($id, $is_approved, $at) }, 'second');
}

# As a tick would, or only of some months; sent twice it adds nothing.
sub recognition
{
	my $at = shift // when();
	my $month = MoneyModel::month_over($at);
	$month = MoneyModel::month_of($month - 1) if rand() < 0.2;
	command('recognition', 'SELECT rui.recognize_revenue(1, ' . day($month) . key($at), 1, sub { $model->recognize($month, $at) });
}

# Some charges, or all of a payer's that are overdue for so long.
sub write_off
{
	my ($charge, $at) = (some_open() // return, when());
	my $payer = $model->{charges}{$charge}{payer};
	my @charges = ($charge, map { some_open() } 1 .. int(rand(3)));
	my $days = defined $payer && rand() < 0.5 ? 1 + int(rand(60)) : undef;
	my $id;
	command('write-off', 'SELECT rui.request_write_off(1, ' . ($days ? "NULL, $payer, $days" : "'{" . join(',', @charges) . "}', NULL, NULL") . ", 'Gone', 'Letters'" . key($at), 1, sub {
		$id = ($_[0] // 0) + 0;
		$model->request_write_off($id, $days ? undef : \@charges, $payer, $days, $at);
	});
	write_off_decision($id) if $id && rand() < 0.6;
}

sub write_off_decision
{
	my $id = $_[0] // one_of(grep { $model->{write_offs}{$_}{state} eq 'requested' } ids('write_offs')) // one_of(ids('write_offs')) // return;
	my ($at, $is_approved) = (when(), rand() < 0.85 ? 1 : 0);
	command('write-off decided', "SELECT rui.decide_write_off(1, $id, " . ($is_approved ? 'true' : 'false') . key($at), 1,
		sub { $model->decide_write_off($id, $is_approved, $at) }, 'second');
}

# A payment that names what is written off, or a prepayment that is used for it.
sub recovery
{
	my @lost = grep { $model->written_off($_) > 0 } ids('charges');
	my $charge = one_of(@lost) // return write_off();
	my ($at, $c) = (when(), $model->{charges}{$charge});
	my @pockets = grep { my $p = $model->{payments}{$_}; $model->left_over($p) > 0 && (rand() < 0.05
		|| ($p->{unit} // $c->{unit} // 0) == ($c->{unit} // 0) && ($p->{payer} // $c->{payer} // 0) == ($c->{payer} // 0)) } ids('payments');
	if (@pockets && rand() < 0.5)
	{
		my ($id, @named) = (one_of(@pockets), $charge, rand() < 0.3 ? one_of(@lost) : ());
		command('recovery', "SELECT rui.recover_write_off(1, $id, '{" . join(',', @named) . "}'" . key($at), 1, sub { $model->recover($id, \@named, $at) });
		return;
	}
	my ($unit, $payer) = defined $c->{unit} ? ($c->{unit}, undef) : (undef, $c->{payer});
	my $amount = 1 + int(rand(1.3 * $model->payable($c, 1)));
	command('payment of a loss', 'SELECT rui.record_payment(1, ' . value($unit) . ', ' . value($payer) . ', ' . money($amount) . ", 'bank', '{$charge}', NULL" . key($at), 1, sub {
		$model->pay(id => ($_[0] // 0) + 0, unit => $unit, payer => $payer, amount => $amount, channel => 'bank', wishes => [$charge], at => $at);
	});
}

sub close_month
{
	recognition($now) if rand() < 0.8;
	my $month = rand() < 0.9 ? ($model->{closed} ? MoneyModel::next_month($model->{closed}) : $first) : MoneyModel::month_of(MoneyModel::day_at($now));
	my $is_done;
	command('close', 'SELECT rui.close_period(1, ' . day($month) . ', at => ' . at($now) . ')', 0, sub {
		MoneyModel::refuse('a run in pieces has not come to its end') if grep { $_ <= $month && $next{$_} } keys %next;
		$model->close_month($month, $now);
		$is_done = 1;
	});
	note_closed($month) if $is_done;
}

sub reopen_month
{
	my $month = $model->{closed} // return;
	$month = MoneyModel::month_of($month - 1) if rand() < 0.2 && $month > $first;
	my $is_done;
	command('reopen', 'SELECT rui.reopen_period(1, ' . day($month) . ", 'Forgotten', at => " . at($now) . ')', 0, sub { $model->reopen_month($month); $is_done = 1 });
	delete $closed{ substr MoneyModel::text_of($month), 0, 7 } if $is_done;
}

# A key that came with other content is refused, and what it did stays.
sub wrong_key
{
	my ($id) = reverse ids('payments');
	return unless $id;
	my ($row) = rows("SELECT r.request_key FROM rui.request r WHERE r.command = 'record_payment' AND r.party_id = 1 ORDER BY r.recorded_at DESC LIMIT 1");
	return unless $row;
	my ($state) = ask('first', "SELECT rui.record_payment(1, $units[0], NULL, 123456.78, 'cash', request_key => '$row->[0]', at => " . at($now) . ')');
	$count{'wrong key'}++;
	is($state, 'RU409', 'a key with other content') if $state ne 'RU409';
}

my @deck = ((\&payment) x 9, (\&order) x 4, (\&charge_back) x 3, (\&payment_back) x 2, (\&refund) x 2, (\&waiver) x 3, (\&decision) x 4, (\&late_fee) x 3, (\&recognition) x 2,
	(\&write_off) x 3, (\&write_off_decision) x 1, (\&recovery) x 3,
	(\&wrong_key) x 1, (\&opening) x 1,
	(sub { change_price(one_of(sort keys %item), one_of('any', 'home', 'shop', 'parking'), MoneyModel::day_at($now) - 15 + int(rand(30))) }) x 2,
	(sub { move(one_of(qw(owners households)), one_of(@units), MoneyModel::day_at($now) - 12 + int(rand(24))) }) x 4,
	(sub {
		my @months = grep { $_ <= MoneyModel::day_at($now) + 31 } map { my $m = $first; $m = MoneyModel::next_month($m) for 1 .. $_; $m } 0 .. 40;
		bill(one_of(@months[ max(0, $#months - 3) .. $#months ]), when());
	}) x 2);

for my $today ($first + 3 .. $first + 2 + $days)
{
	my $month = MoneyModel::month_of($today);
	my @times = sort { $a <=> $b } map { $today * 86400 + int(rand(86400)) } 1 .. int(rand($events + 1)) + 1;
	for my $time (@times)
	{
		$now = $time;
		if ($time == $times[0] && $today - $month == 2) { bill($month, $now) }
		elsif ($time == $times[0] && $today - $month == 7 && rand() < 0.8) { close_month() }
		elsif ($time == $times[0] && $today - $month == 9 && rand() < 0.4) { reopen_month() }
		elsif ($time == $times[0] && $today - $month == 12 && rand() < 0.7) { close_month() }
		else { one_of(@deck)->() }
	}
	compare('until ' . MoneyModel::text_of($today) . ' all is as the model says') if $today + 1 == MoneyModel::next_month($today) || $today == $first + 2 + $days;
}

note(join ', ', map { "$_ $count{$_}" } sort keys %count);
leave($_) for keys %session;
done_testing();
