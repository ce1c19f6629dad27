# What residents, stewards, technicians and the call desk do about needs, messages,
# readings and equipment in 110_sim.pl. Each is a sub that is given the engine.
package SimService;
use strict;
use warnings;
use SimTown;

my @workers = qw(s1 s2 s3 t1 t2 t3);

sub worker { my ($sim) = @_; return $sim->{actor}{ $sim->pick(grep { !$sim->{left}{$_} } @workers) } }

# A point of the town for who stands there.
sub place { my ($sim) = @_; return sprintf 'ST_SetSRID(ST_MakePoint(%.4f, %.4f), 4326)', 118.802 + $sim->number(50) / 10000, 32.0498 + $sim->number(14) / 10000 }

# ------------------------------------------------------------------ needs
sub open_as
{
	my ($sim, $actor, $source, $unit, %how) = @_;
	my $category = $sim->pick(@SimTown::categories)->[0];
	my $need = "$category " . ($sim->{step} + 1);
	my @more = ("source => '$source'", $unit ? "unit_id => $unit" : (), $how{place} ? "place => $how{place}" : (), $how{reporter} ? "reporter_id => $how{reporter}" : (),
		$sim->chance(0.2) ? 'priority => ' . (1 + $sim->number(5)) : ());
	my ($done, $rows) = $sim->act($actor, 'open ticket', 'open_ticket', join(', ', "'$category'", "'$need'", @more), about => "$need $source", kept => [ ticket => "details = '$need'" ], at => $how{at} // $sim->{now});
	return $done ? $rows->[0][0] : undef;
}

sub resident_tells
{
	my ($sim) = @_;
	my $who = $sim->pick(@{ $sim->{residents} });
	my ($unit) = map { $_->[0] } $sim->look($who, 'SELECT u FROM unnest(rui.my_units()) u ORDER BY 1 LIMIT 1');
	my $id = open_as($sim, $who, $sim->pick(qw(resident_app message web)), $unit);
	# Some ring up as well, and the desk writes it down once more; or the app sends it late.
	return unless $id && $unit && $sim->chance(0.2);
	my $twin = open_as($sim, $sim->{actor}{a1}, 'call', $unit, reporter => $who->{party}) or return;
	$sim->act($sim->{actor}{a1}, 'merge ticket', 'merge_ticket', "$twin, $id");
}

sub desk_hears
{
	my ($sim) = @_;
	my $desk = $sim->{actor}{a1};
	my $unit = $sim->pick($sim->look($desk, 'SELECT id FROM rui.unit ORDER BY code'));
	open_as($sim, $desk, $sim->pick(qw(call email visit)), $unit->[0]);
}

# Some tell it hours later, when they are back, or by a clock that goes wrong.
sub steward_finds
{
	my ($sim) = @_;
	my $at = $sim->{now} + $sim->pick(0, 0, 0, -3 * 3600, -26 * 3600, 2 * 3600);
	open_as($sim, worker($sim), 'finding', undef, place => place($sim), at => $at);
}

sub alarm_rings { my ($sim) = @_; open_as($sim, $sim->{actor}{m1}, 'alarm', undef, place => place($sim)) }

sub dispatch_all { my ($sim) = @_; $sim->act($sim->{actor}{a1}, 'dispatch', 'dispatch', '', compare => 0) }

sub dispatch_one
{
	my ($sim) = @_;
	my $task = $sim->pick($sim->look($sim->{actor}{a1}, "SELECT id FROM rui.task WHERE state IN ('new', 'triaged') ORDER BY id")) or return;
	$sim->act($sim->{actor}{a1}, 'dispatch one', 'dispatch_task', $task->[0]);
}

# By hand, whatever dispatch thinks; not everybody is able.
sub desk_assigns
{
	my ($sim) = @_;
	my $desk = $sim->{actor}{a1};
	my $task = $sim->pick($sim->look($desk, "SELECT id, state FROM rui.task WHERE state IN ('new', 'triaged', 'assigned') ORDER BY id")) or return;
	my ($who, $kind) = (worker($sim), $sim->pick(qw(assign override transfer)));
	if ($kind eq 'assign') { $sim->act($desk, 'assign', 'assign_ticket', "$task->[0], $who->{party}, 'by hand'", about => "$task->[1] $who->{name}") }
	elsif ($kind eq 'override') { $sim->act($desk, 'override', 'override_dispatch', "$task->[0], $who->{party}, 'knows the house'", about => "$task->[1] $who->{name}") }
	else { $sim->act($desk, 'transfer', 'transfer_ticket', "$task->[0], $who->{party}, 'is nearer'", about => "$task->[1] $who->{name}") }
}

# The next step of something he has, as he sees it; sometimes one that is not legal.
sub works
{
	my ($sim) = @_;
	my $first = $sim->number(6);
	my ($who, $task);
	for my $name (grep { !$sim->{left}{$_} } @workers[ $first .. 5, 0 .. $first - 1 ])
	{
		$who = $sim->{actor}{$name};
		$task = $sim->pick($sim->look($who, 'SELECT d.task_id, d.state, d.category FROM rui.my_day(1, ' . $sim->at . ') d ORDER BY d.task_id')) and last;
	}
	return unless $task;
	my ($id, $state, $category) = @$task;
	my $dice = $sim->number(100);
	my $action = $dice < 4 ? $sim->pick(qw(accept arrive complete resume)) : $state eq 'assigned' ? ($dice < 15 ? 'reject' : 'accept') : $state eq 'accepted' ? ($dice < 50 ? 'depart' : 'arrive')
	  : $state eq 'en_route' ? 'arrive' : $state eq 'deferred' ? 'resume' : $dice < 18 ? 'pause' : 'complete';
	my $fee = (grep { $_->[0] eq $category && $_->[2] } @SimTown::categories) ? ($sim->chance(0.6) ? ', charge_amount => ' . (20 + 5 * $sim->number(30)) : ", charge_waiver => 'warranty'") : '';
	my %more = (reject => ", 'busy'", pause => ", 'parts'", complete => ", 'done'$fee");
	my $pause = $action eq 'pause' && $sim->chance(0.5) ? ', cause => ' . "'parts'" : '';
	$sim->act($who, $action, "${action}_ticket", $id . ($more{$action} // '') . $pause, about => $state, event => "ticket.$action");
}

sub customer_says
{
	my ($sim) = @_;
	my $who = $sim->pick(@{ $sim->{residents} });
	my $ticket = $sim->pick($sim->look($who, 'SELECT t.id, t.state FROM rui.task t ORDER BY t.id')) or return;
	my ($id, $state) = @$ticket;
	if ($state =~ /^(completed|closed)$/ && $sim->chance(0.7)) { $sim->act($who, 'rate', 'rate_ticket', $id . ', ' . (1 + $sim->number(5)), about => $state) }
	elsif ($state eq 'completed') { $sim->act($who, 'reopen', 'reopen_ticket', "$id, 'it came back'") }
	else { $sim->act($who, 'cancel', 'cancel_ticket', "$id, 'no longer'", about => $state) }
}

sub desk_ends
{
	my ($sim) = @_;
	my $desk = $sim->{actor}{a1};
	my $ticket = $sim->pick($sim->look($desk, "SELECT id, state FROM rui.task WHERE state NOT IN ('merged', 'cancelled', 'declined') ORDER BY id")) or return;
	my ($id, $state) = @$ticket;
	if ($state eq 'new') { $sim->chance(0.2) ? $sim->act($desk, 'decline', 'decline_ticket', "$id, 'not ours'") : $sim->act($desk, 'triage', 'triage_ticket', $id . ', priority => ' . (1 + $sim->number(5))) }
	elsif ($sim->chance(0.5)) { $sim->act($desk, 'call back', 'call_back_ticket', "$id, " . ($sim->chance(0.9) ? 'true' : 'false'), about => $state) }
	else { $sim->act($desk, 'close', 'close_ticket', $id, about => $state) }
}

# ------------------------------------------------------------------ messages
sub desk_writes
{
	my ($sim) = @_;
	my $desk = $sim->{actor}{ $sim->pick(qw(a1 m1)) };
	my $what = 'news ' . ($sim->{step} + 1);
	if ($sim->chance(0.3)) { $sim->act($desk, 'campaign', 'send_messages', qq('news', '{"project": true}', '{"what": "$what"}'), keyed => 0, about => $what) }
	else
	{
		my $to = $sim->pick(@{ $sim->{residents} });
		$sim->act($desk, 'message', 'send_message', qq('news', $to->{party}, '{"what": "$what"}', 'd$sim->{step}'), keyed => 0, about => "$what $to->{name}") for 1 .. ($sim->chance(0.2) ? 2 : 1);
	}
}

# Takes some and tells of them in any order, twice, late, or never.
sub gateway_delivers
{
	my ($sim) = @_;
	my $gateway = $sim->{actor}{g1};
	my $channel = $sim->pick(qw(sms wechat));
	# All that may go: of messages that are due at the same time, which are first is not said.
	my ($done, $taken) = $sim->act($gateway, 'take messages', 'take_messages', "'$channel', 10000, 'gw'", keyed => 0, about => $channel);
	return unless $done;
	$taken = [ sort { "@$a[ 2 .. 7 ]" cmp "@$b[ 2 .. 7 ]" || $a->[0] <=> $b->[0] } @$taken ];
	my @told = grep { !$sim->chance(0.15) } map { my $m = $_; map { [ @$m[ 0, 1 ], $_ ] } $sim->pick([qw(sent)], [qw(sent delivered)], [qw(delivered sent)], [qw(sent sent read)], [qw(failed)], [qw(rejected)], [qw(sent delivered delivered)]) } @$taken;
	for my $message (@told)
	{
		my ($id, $attempt, $outcomes) = @$message;
		push @{ $sim->{told} }, [ $id, $attempt, $_ ] for @$outcomes;
	}
	my @batch = splice @{ $sim->{told} //= [] }, 0, 5 + $sim->number(30);
	@batch = reverse @batch if $sim->chance(0.3);
	push @batch, @batch[ 0 .. $#batch / 2 ] if $sim->chance(0.3) && @batch;
	return unless @batch;
	my $list = join ',', map { qq({"message_id":$_->[0],"attempt":$_->[1],"outcome":"$_->[2]") . ($_->[2] =~ /^(failed|rejected)$/ ? ',"reason":"no such number"' : '') . '}' } @batch;
	$sim->act($gateway, 'tell of messages', 'acknowledge_messages', "'[$list]'", keyed => 0, about => scalar @batch);
}

sub resident_reads
{
	my ($sim) = @_;
	my $who = $sim->pick(@{ $sim->{residents} });
	if ($sim->chance(0.15)) { $sim->act($who, 'opt out', 'set_message_opt_out', ($sim->chance(0.5) ? 'true' : 'false') . ", 'news', 'sms'", keyed => 0); return }
	my $message = $sim->pick($sim->look($who, 'SELECT id FROM rui.message ORDER BY id')) or return;
	$sim->act($who, 'read message', 'mark_message_read', $message->[0], keyed => 0);
}

# ------------------------------------------------------------------ readings
# What a meter shows grows with the days; some read what was days ago, or what cannot be.
sub shows
{
	my ($sim, $code, $at) = @_;
	my $n = ord(substr $code, -1) - 48;
	return sprintf '%.2f', 100 + ($at - $sim->{first} + 45 * 86400) / 86400 * (0.15 + $n * 0.04) + ($sim->chance(0.06) ? $sim->pick(-60, 500) : 0);
}

sub reading
{
	my ($sim) = @_;
	my $who = $sim->chance(0.5) ? $sim->pick(@{ $sim->{residents} }) : worker($sim);
	my $meter = $sim->pick($sim->look($who, 'SELECT id, code FROM rui.meter ORDER BY code')) or return;
	my $at = $sim->{now} - $sim->pick(0, 0, 0, 86400, 3 * 86400, 7200);
	$sim->act($who, 'reading', 'record_reading', join(', ', $meter->[0], shows($sim, $meter->[1], $at), "source => '" . ($who->{role} eq 'resident' ? 'resident' : 'staff') . "'", 'read_at => ' . $sim->at($at)), about => $meter->[1],
		kept => [ meter_reading => 'true' ]);
}

# A round, out of order and with doubles.
sub round_of_readings
{
	my ($sim) = @_;
	my $who = worker($sim);
	my @meters = map { $_->[0] } $sim->look($who, 'SELECT code FROM rui.meter ORDER BY code');
	return unless @meters;
	my @rows = map { my $at = $sim->{now} - $sim->number(5) * 3600; sprintf '{"meter":"%s","read_at":%s,"value":%s}', $_, substr($sim->at($at), 1, -1) =~ s/(.*)/"$1"/r, shows($sim, $_, $at) } map { $sim->pick(@meters) } 1 .. 4;
	$sim->act($who, 'round of readings', 'record_readings', "'[" . join(',', @rows) . "]'", about => scalar @rows);
}

sub judge_reading
{
	my ($sim) = @_;
	my $who = $sim->{actor}{ $sim->pick(qw(m1 c1)) };
	my $doubted = $sim->pick($sim->look($who, "SELECT id, state FROM rui.meter_reading WHERE state = 'to_check' ORDER BY id"))
	  // $sim->pick($sim->look($who, "SELECT id, state FROM rui.meter_reading WHERE kind = 'actual' ORDER BY id")) // return;
	if ($sim->chance(0.5)) { $sim->act($who, 'confirm reading', 'confirm_reading', $doubted->[0], about => $doubted->[1]) }
	else { $sim->act($who, 'refuse reading', 'refuse_reading', "$doubted->[0], 'misread'", about => $doubted->[1]) }
}

# ------------------------------------------------------------------ equipment
sub equipment_work
{
	my ($sim) = @_;
	my $who = $sim->{actor}{m1};
	my ($code, $dice) = ($sim->pick(qw(lift1 lift2 pump)), $sim->number(3));
	if ($dice == 0) { $sim->act($who, 'change equipment', 'bulk_change', qq('equipment', '{"code": "$code"}', '{"maker": "Maker $sim->{step}"}', false), about => $code) }
	elsif ($dice == 1) { $sim->act($who, 'new equipment', 'import_equipment', qq('[{"code":"e$sim->{step}","kind":"valve","building":"b1","parent":"pump"}]'), about => $code) }
	else
	{
		my ($row) = $sim->look($who, "SELECT id FROM rui.equipment WHERE code = '$code'");
		$sim->act($who, 'store document', 'store_document', "'photo', 'equipment', $row->[0], 'Photo of $code', sha256('x$sim->{step}'::bytea), 100, 'image/jpeg', 's3/$sim->{step}'", about => $code);
	}
}

our @deck = ([ 12, \&resident_tells ], [ 5, \&desk_hears ], [ 5, \&steward_finds ], [ 2, \&alarm_rings ], [ 4, \&dispatch_all ], [ 7, \&dispatch_one ], [ 4, \&desk_assigns ], [ 30, \&works ],
	[ 6, \&customer_says ], [ 7, \&desk_ends ], [ 3, \&desk_writes ], [ 4, \&gateway_delivers ], [ 3, \&resident_reads ], [ 5, \&reading ], [ 2, \&round_of_readings ], [ 2, \&judge_reading ], [ 3, \&equipment_work ]);

1;
