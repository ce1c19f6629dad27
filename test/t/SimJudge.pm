# What has to be so at the end of each day of 110_sim.pl, and what is compared in
# the end: everything that the platform says, without ids and times of recording.
package SimJudge;
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);

# Problems, as a list: broken invariants, whatever the seals find, what was acknowledged and is not there.
sub examine
{
	my ($sim) = @_;
	my @problems = splice @{ $sim->{problems} };
	my $broken = 'SELECT v.invariant, v.detail FROM rui.invariant_violation v';
	push @problems, map { "invariant of $_->[0]: $_->[1]" } $sim->look($sim->{root}, $broken);
	$sim->act($sim->{actor}{u1}, 'seal', 'seal_journal', '', keyed => 0);
	push @problems, map { "verify_journal: " . join ' ', @$_ } $sim->look($sim->{actor}{u1}, "SELECT * FROM rui.verify_journal(1) WHERE finding NOT IN ('verified', 'erased')");
	for my $table (sort keys %{ $sim->{kept} })
	{
		my $kept = $sim->{kept}{$table};
		my $values = join ' OR ', map { "a.id = $_ AND NOT ($kept->{$_})" } grep { $kept->{$_} ne 'true' } keys %$kept;
		push @problems, map { "$table $_->[0] was acknowledged and is lost" } $sim->look($sim->{root},
			'SELECT k FROM unnest(ARRAY[' . join(',', sort { $a <=> $b } keys %$kept) . "]::bigint[]) k WHERE NOT EXISTS (SELECT FROM rui.$table a WHERE a.id = k)");
		push @problems, map { "$table $_->[0] is another than was acknowledged" } $sim->look($sim->{root}, "SELECT a.id FROM rui.$table a WHERE $values") if $values;
	}
	if (my @events = sort keys %{ $sim->{events} })
	{
		my $values = join ',', map { "($_, $sim->{events}{$_})" } @events;
		push @problems, map { "$_->[0] of $_->[1] was acknowledged more often than it is told" } $sim->look($sim->{root}, "SELECT v.kind, v.id FROM (VALUES $values) v(kind, id, times)
			WHERE v.times > (SELECT count(*) FROM rui.event e WHERE e.kind = v.kind AND e.subject_id = v.id)");
	}
	return @problems;
}

my $who = sub { my ($column) = @_; return "(SELECT p.code FROM rui.party p WHERE p.id = $column)" };
my $unit = '(SELECT u.code FROM rui.unit u WHERE u.id = x.unit_id)';

my %facts = (
	ticket => "SELECT k.details, x.category, x.state, x.priority, ${\$who->('x.executor_id')}, ${\$who->('x.accountable_id')}, (SELECT g.code FROM rui.grid g WHERE g.id = x.grid_id), $unit, x.opened_at, x.last_at,
		k.rating, k.reopen_count, k.is_satisfied, k.charge_amount, ${\$who->('k.reporter_id')} FROM rui.task x JOIN rui.ticket k ON k.id = x.id",
	clock => 'SELECT k.details, x.target, x.cycle, x.state, x.due_at, x.stopped_at, x.on_time, x.breached_at FROM rui.task_clock x JOIN rui.ticket k ON k.id = x.task_id',
	charge => "SELECT f.code, $unit, ${\$who->('x.payer_id')}, x.component, x.source, x.period, x.due_on, x.gross, x.paid, x.waived, x.written_off, x.open_amount, x.state
		FROM rui.charge_open x JOIN rui.fee_item f ON f.id = x.fee_item_id",
	payment => "SELECT $unit, ${\$who->('x.payer_id')}, x.channel, x.at, x.amount, x.allocated, x.refunded, x.left_over, x.state FROM rui.payment_open x",
	balance => 'SELECT x.period, a.code, sum(CASE WHEN x.is_debit THEN x.amount ELSE -x.amount END) FROM rui.ledger_side x JOIN rui.account a ON a.id = x.account_id GROUP BY 1, 2',
	month => 'SELECT x.month, x.state FROM rui.accounting_period x',
	waiver => "SELECT x.amount, x.state, x.requested_at, x.decided_at, ${\$who->('x.decided_by')} FROM rui.waiver x",
	write_off => 'SELECT x.amount, x.written, x.state FROM rui.write_off x',
	dispute => "SELECT x.state, x.opened_at, x.settled_at, ${\$who->('x.opened_by')} FROM rui.dispute x",
	promise => "SELECT ${\$who->('x.payer_id')}, x.amount, x.by_on, x.paid, x.state, x.settled_at FROM rui.promise x",
	dun => "SELECT ${\$who->('x.payer_id')}, $unit, x.level, x.amount, x.at FROM rui.dun x",
	deposit => 'SELECT x.kind, x.at, x.taken, x.returned, x.state FROM rui.deposit_held x',
	line => 'SELECT x.at, x.amount, x.reference, x.rule, x.state FROM rui.bank_line_state x',
	reading => "SELECT m.code, r.code, x.at, x.value, x.kind, x.source, x.state, ${\$who->('x.party_id')} FROM rui.meter_reading x JOIN rui.meter_register r ON r.id = x.register_id JOIN rui.meter m ON m.id = r.meter_id",
	shift => "SELECT ${\$who->('x.party_id')}, x.during, x.capacity, x.state FROM rui.shift x",
	leave => "SELECT ${\$who->('x.party_id')}, x.kind, x.during, x.state FROM rui.leave_request x",
	exit => "SELECT ${\$who->('x.party_id')}, x.last_on, x.ended_at, x.state FROM rui.staff_exit x",
	membership => "SELECT ${\$who->('x.party_id')}, x.role_code, x.valid FROM rui.membership x",
	household => "SELECT $unit, x.valid FROM rui.household x",
	vacancy => "SELECT $unit, x.finding, x.valid, x.source, x.state, x.confirmed_at FROM rui.vacancy_fact x",
	building => 'SELECT b.code, g.code, p.activated_at FROM rui.grid_building x JOIN rui.grid_plan p ON p.id = x.plan_id JOIN rui.building b ON b.id = x.building_id JOIN rui.grid g ON g.id = x.grid_id WHERE p.state = \'active\'',
	message => "SELECT ${\$who->('x.party_id')}, b.kind_code, x.parameters, x.state, x.channel, x.attempts, x.last_at FROM rui.message x JOIN rui.message_batch b ON b.id = x.batch_id",
	escalation => 'SELECT k.details, x.target, x.cycle, x.level, x.at FROM rui.escalation x JOIN rui.ticket k ON k.id = x.task_id',
	dispatch => 'SELECT x.at, x.is_batch, x.tasks, x.workers, x.assigned, x.waiting, x.moved, round(x.objective::numeric, 3) FROM rui.dispatch_run x',
	number => 'SELECT x.series, max(x.number), count(*) FROM rui.document_number x GROUP BY 1',
	event => "SELECT x.kind, x.at, count(*) FROM rui.event x WHERE x.kind <> 'journal.seal' GROUP BY 1, 2");

# A digest of each kind of facts; names of kinds to digests.
sub digest
{
	my ($sim) = @_;
	my %digest;
	for my $kind (sort keys %facts)
	{
		my @lines = sort map { join '|', @$_ } $sim->look($sim->{root}, $facts{$kind} =~ s/\s+/ /gr);
		$digest{$kind} = sha256_hex(join "\n", @lines);
		$sim->{facts}{$kind} = \@lines;
	}
	return \%digest;
}

1;
