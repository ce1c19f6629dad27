# The server of the stream of money and what is sent to it: sessions, storms,
# the judgement of an answer and the comparison with the model. Of package
# Stream, as the other files of the stream (StreamTown, StreamCharge, StreamDebt).
package Stream;
use strict;
use warnings;
use IPC::Open3;
use List::Util qw(max min);
use MoneyModel;
use Platform;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Storable qw(dclone);
use Test::More;
use Time::HiRes;

our $seed = $ENV{STREAM_SEED} // 1;
our $checks_steps = ($ENV{STREAM_CHECK} // '') eq 'step';
srand($seed);

# The first day of the books is a month with leap February soon, or far.
our $first = MoneyModel::day_of(('2023-12-01', '2024-02-01', '2024-01-01', '2024-11-01', '2025-02-01')[ $seed % 5 ]);
our $model = MoneyModel->new(first => $first);
our $now = ($first + 2) * 86400 + 9 * 3600;
our $step = 0;
our %count;

our $node;

sub start_server
{
	$node = PostgreSQL::Test::Cluster->new('stream');
	Platform::init($node);
	$node->append_conf('postgresql.conf', "restart_after_crash = on\nsynchronous_commit = on\njit = off\n");
	$node->start;
}

# ------------------------------------------------------------------ sessions
our %session;

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
my %documented = map { $_ => 1 } qw(22023 55000 P0002 23505 RU101);

# Each kind of strike is dealt as often as the others, and again until it has hit:
# some come too late for their statement.
our @strikes = qw(cancel terminate kill server lost stop);
our @strike_deck;

sub is_struck
{
	return '' if rand() >= 0.15;
	@strike_deck = map { $_->[1] } sort { $a->[0] <=> $b->[0] } map { [ rand(), $_ ] } @strikes, grep { !$count{$_} } @strikes if !@strike_deck;
	return pop @strike_deck;
}

# The postmaster is dead, or dies now; its backends find that out.
sub restart_server
{
	$node->kill9;
	leave($_) for keys %session;
	for (1 .. 100)
	{
		last if $node->start(fail_ok => 1);
		Time::HiRes::sleep(0.1);
		$node->stop('fast', fail_ok => 1);
	}
	await_server();
}

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
	if ($strike =~ /^(cancel|terminate|kill|server)$/)
	{
		# One that has not hit yet comes early.
		($state, $text) = ask($user, $sql, $strike, 1 + int(rand($count{$strike} ? 9 : 2)));
		$count{$strike}++ if !defined $state || $state eq '57014' || $state eq '57P01';
		if (!defined $state) { $strike eq 'server' ? restart_server() : await_server() }
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
	my $before = dclone($model);
	my $is_done = eval { $apply->($state eq '00000' ? $text : undef); 1 };
	my $why = $@;
	# What is refused has done nothing.
	%$model = %$before if !$is_done;
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
		(o.written_off * 100)::bigint, (o.open_amount * 100)::bigint, o.state, coalesce(c.discount_id::text, ''))
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
	SELECT concat_ws('|', 'payout', p.id, p.kind, p.row_id, (p.amount * 100)::bigint, p.state) FROM rui.payout p WHERE p.state <> 'paid_alone'
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
	SELECT concat_ws('|', 'discount', d.id, (d.share * 1000000)::bigint, d.state, lower(d.valid), coalesce(upper(d.valid)::text, '')) FROM rui.discount d
	UNION ALL
	SELECT concat_ws('|', 'lease', l.id, lower(l.valid), coalesce(upper(l.valid)::text, ''), l.state) FROM rui.lease l
	UNION ALL
	SELECT concat_ws('|', 'cost', s.id, s.code, (s.amount * 100)::bigint,
		(SELECT string_agg((h.amount * 100)::bigint::text, ',' ORDER BY h.unit_id) FROM rui.shared_cost_share h WHERE h.shared_cost_id = s.id),
		CASE WHEN s.reversed_at IS NULL THEN '' ELSE 'back' END) FROM rui.shared_cost s
	UNION ALL
	SELECT concat_ws('|', 'deposit', d.deposit_id, (d.taken * 100)::bigint, (d.returned * 100)::bigint, (d.forfeited * 100)::bigint, (d.held * 100)::bigint, d.state)
	FROM rui.deposit_held d
	UNION ALL
	SELECT concat_ws('|', 'forfeit', f.id, f.deposit_id, (f.amount * 100)::bigint, f.state) FROM rui.deposit_forfeit f
	UNION ALL
	SELECT concat_ws('|', 'dispute', d.id, d.charge_id, d.state) FROM rui.dispute d
	UNION ALL
	SELECT concat_ws('|', 'metered', b.charge_id, b.cycle_on, coalesce((b.before * 1000000)::bigint::text, ''), (b.used * 1000000)::bigint, coalesce(b.persons::text, ''))
	FROM rui.meter_bill b
	UNION ALL
	SELECT concat_ws('|', 'line', v.reference, (v.amount * 100)::bigint, v.state) FROM rui.bank_line_state v
	UNION ALL
	SELECT concat_ws('|', 'month', to_char(m.month, 'YYYY-MM'), m.state) FROM rui.accounting_period m
};
our %closed;

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

1;
