# Who comes and goes in 110_sim.pl: shifts, leave, swaps and covers, leavers and
# those who come after them, households, vacancy, and the stewards' grids.
package SimPeople;
use strict;
use warnings;

my %days_off;

sub planner { my ($sim) = @_; return $sim->{actor}{ $sim->pick(qw(m1 m2)) } }
sub staff { my ($sim) = @_; return $sim->{actor}{ $sim->pick(grep { !$sim->{left}{$_} } qw(s1 s2 s3 t1 t2 t3)) } }
sub shifts_of
{
	my ($sim, $who, $states) = @_;
	return $sim->look($who, "SELECT s.id, s.party_id, to_char(lower(s.during) AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD') FROM rui.shift s WHERE s.party_id = $who->{party} AND s.state IN ($states)
		AND upper(s.during) > " . $sim->at . '::timestamptz ORDER BY s.during');
}

# Goes on duty, and off again in the evening.
sub duty
{
	my ($sim) = @_;
	my $who = staff($sim);
	my ($row) = $sim->look($who, "SELECT s.id, s.state FROM rui.shift s WHERE s.party_id = $who->{party} AND s.state IN ('planned', 'active') AND s.during @> " . $sim->at . '::timestamptz');
	return unless $row;
	if ($row->[1] eq 'planned') { $sim->act($who, 'begin shift', 'begin_shift', $row->[0]) }
	elsif ($sim->chance(0.3)) { $sim->act($who, 'finish shift', 'finish_shift', $row->[0]) }
}

sub absence
{
	my ($sim) = @_;
	my $who = staff($sim);
	my $shift = $sim->pick(shifts_of($sim, $who, "'planned'")) or return;
	my ($done) = $sim->act($who, 'report absent', 'report_absent', "$shift->[0], 'ill'", about => $shift->[2]);
	return unless $done;
	my $planner = planner($sim);
	my $other = staff($sim);
	my ($offered, $rows) = $sim->act($planner, 'offer cover', 'offer_cover', "$shift->[0], $other->{party}", about => $other->{name});
	return unless $offered;
	my ($agreed) = $sim->act($other, 'answer cover', 'decide_cover', "$rows->[0][0], '" . $sim->pick(qw(agree agree decline)) . "'");
	$sim->act(planner($sim), 'decide cover', 'decide_cover', "$rows->[0][0], 'approve'");
}

sub swap
{
	my ($sim) = @_;
	my ($who, $other) = (staff($sim), staff($sim));
	my ($mine, $his) = ($sim->pick(shifts_of($sim, $who, "'planned'")), $sim->pick(shifts_of($sim, $other, "'planned'")));
	return unless $mine && $his;
	my ($done, $rows) = $sim->act($who, 'propose swap', 'propose_swap', "$mine->[0], $his->[0]", about => "$mine->[2] $his->[2]");
	return unless $done;
	$sim->act($other, 'answer swap', 'decide_swap', "$rows->[0][0], '" . $sim->pick(qw(agree agree decline)) . "'");
	$sim->act(planner($sim), 'decide swap', 'decide_swap', "$rows->[0][0], '" . $sim->pick('approve', 'approve', "refuse', 'no") . "'");
}

sub leave
{
	my ($sim) = @_;
	my $who = staff($sim);
	my $from = $sim->{now} + (1 + $sim->number(9)) * 86400;
	my ($done, $rows) = $sim->act($who, 'ask for leave', 'request_leave', "'" . $sim->pick(qw(annual personal other sick)) . "', '" . $sim->day($from) . "', '" . $sim->day($from + 86400) . "', 'family'");
	return unless $done;
	$sim->act($sim->{actor}{ $sim->pick(qw(m1 m2)) }, 'decide leave', 'decide_leave', "$rows->[0][0], '" . $sim->pick('approve', 'approve', "refuse', 'too few") . "'");
}

sub publish
{
	my ($sim) = @_;
	my ($planner, $who) = (planner($sim), staff($sim));
	my $post = $who->{name} =~ /^s/ ? 'steward' : 'repair';
	my ($row) = $sim->look($planner, "SELECT id FROM rui.post WHERE code = '$post'");
	my $day = $sim->day($sim->{now} + (1 + $sim->number(8)) * 86400);
	my $hour = $sim->pick(6, 9, 17);
	$sim->act($planner, 'publish shift', 'publish_shifts', sprintf("%s, ARRAY[%s]::bigint[], ARRAY['%s %02d:00+08']::timestamptz[], ARRAY['%3\$s %02d:00+08']::timestamptz[], 4", $row->[0], $who->{party}, $day, $hour, $hour + 6),
		about => "$who->{name} $day");
}

# One announces that he leaves, hands over, and is followed by somebody new.
sub leaver
{
	my ($sim) = @_;
	my $planner = $sim->{actor}{m1};
	my ($open) = $sim->look($planner, "SELECT x.id, p.code, x.party_id FROM rui.staff_exit x JOIN rui.party p ON p.id = x.party_id WHERE x.state = 'open' ORDER BY x.id");
	if (!$open)
	{
		my $who = staff($sim);
		return if keys %{ $sim->{left} } > 1;
		$sim->act($planner, 'begin exit', 'begin_exit', "$who->{party}, '" . $sim->day($sim->{now} + 86400) . "', 'resigned'", about => $who->{name});
		return;
	}
	my ($exit, $name, $party) = @$open;
	my $leaver = $sim->{actor}{$name};
	# What he asked for and was asked for; then all he has, to one colleague after the other; his last shifts nobody can take.
	for my $leave ($sim->look($planner, "SELECT id FROM rui.leave_request WHERE party_id = $party AND state = 'requested' ORDER BY id")) { $sim->act($sim->{actor}{m2}, 'decide leave', 'decide_leave', "$leave->[0], 'refuse', 'leaves'") }
	for my $swap ($sim->look($planner, "SELECT id, state, party_id = $party FROM rui.shift_swap WHERE $party IN (party_id, other_id) AND state IN ('proposed', 'agreed') ORDER BY id"))
	{
		if ($swap->[1] eq 'agreed') { $sim->act($planner, 'decide swap', 'decide_swap', "$swap->[0], 'refuse', 'leaves'") }
		else { $sim->act($leaver, 'answer swap', 'decide_swap', "$swap->[0], '" . ($swap->[2] eq 't' ? 'withdraw' : 'decline') . "'") }
	}
	for my $cover ($sim->look($planner, "SELECT id FROM rui.shift_cover WHERE party_id = $party AND state IN ('offered', 'accepted') ORDER BY id")) { $sim->act($planner, 'decide cover', 'decide_cover', "$cover->[0], 'withdraw'") }
	for my $heir (grep { $_->{name} ne $name && substr($_->{name}, 0, 1) eq substr($name, 0, 1) && !$sim->{left}{ $_->{name} } } map { $sim->{actor}{$_} } qw(s1 s2 s3 t1 t2 t3))
	{
		$sim->act($planner, 'hand over', 'hand_over', "$party, $heir->{party}, 'leaves'", about => "$name $heir->{name}");
	}
	for my $shift (shifts_of($sim, { %$planner, party => $party }, "'planned'")) { $sim->act($planner, 'report absent', 'report_absent', "$shift->[0], 'leaves'", about => $shift->[2]) }
	my @items = $sim->look($planner, "SELECT code, is_computed, is_open, left_over FROM rui.exit_checklist(1, $exit, " . $sim->at . ') ORDER BY place');
	for my $item (grep { $_->[1] eq 'f' && $_->[2] eq 't' } @items) { $sim->act($planner, 'tick exit item', 'tick_exit_item', "$exit, '$item->[0]', 'done'", about => $item->[0]) }
	my ($done) = $sim->act($sim->{actor}{director}, 'finish exit', 'finish_exit', $exit, about => $name);
	if ($done) { $sim->{left}{$name} = 1; $sim->leave($name) }
}

# A household that stays for some days, or for good.
sub move_in
{
	my ($sim) = @_;
	my $who = $sim->{actor}{m1};
	my $unit = $sim->pick('3-103', '3-104', $sim->look($who, "SELECT u.code FROM rui.unit u WHERE u.kind = 'home' ORDER BY 1"));
	$unit = $unit->[0] if ref $unit;
	my $from = $sim->{now} + ($sim->number(4) - 1) * 86400;
	my $to = $sim->chance(0.7) ? sprintf ',"to":"%s"', $sim->day($from + (1 + $sim->number(6)) * 86400) : '';
	$sim->act($who, 'new party', 'import_parties', qq('[{"code":"n$sim->{step}","name":"N","phone":"137) . sprintf('%08d', $sim->{step}) . q("}]'));
	my $code = 'n' . ($sim->{step} - 1);
	$sim->act($who, 'move in', 'import_households', sprintf(q('[{"unit":"%s","from":"%s"%s,"members":[{"party":"%s","role":"tenant"}]}]'), $unit, $sim->day($from), $to, $code), about => "$unit $to");
}

sub vacancy
{
	my ($sim) = @_;
	my $who = $sim->chance(0.5) ? $sim->pick(@{ $sim->{residents} }) : staff($sim);
	my $unit = $sim->pick($who->{role} eq 'resident' ? $sim->look($who, 'SELECT u FROM unnest(rui.my_units()) u ORDER BY 1') : $sim->look($who, 'SELECT id FROM rui.unit ORDER BY code')) or return;
	$sim->act($who, 'vacancy', 'record_vacancy', "$unit->[0], '" . $sim->pick(qw(vacant occupied)) . "', '" . $sim->day($sim->{now} - $sim->number(20) * 86400) . "', NULL, '" . ($who->{role} eq 'resident' ? 'declared' : 'visit') . "'");
	my $manager = $sim->{actor}{m2};
	my $fact = $sim->pick($sim->look($manager, "SELECT id FROM rui.vacancy_fact WHERE state = 'recorded' ORDER BY id")) or return;
	$sim->act($manager, 'confirm vacancy', 'confirm_vacancy', $fact->[0]);
}

sub grids
{
	my ($sim) = @_;
	my $who = $sim->{actor}{m2};
	my $kind = $sim->number(3);
	my $steward = $sim->{actor}{ $sim->pick(grep { !$sim->{left}{$_} } qw(s1 s2 s3)) };
	my $grid = $sim->pick($sim->look($who, "SELECT g.id FROM rui.grid g JOIN rui.grid_plan p ON p.id = g.plan_id WHERE p.state = 'active' ORDER BY g.id")) or return;
	if ($kind == 0) { $sim->act($who, 'cover grid', 'set_grid_cover', "$grid->[0], $steward->{party}, " . $sim->at($sim->{now} + 3600) . ', ' . $sim->at($sim->{now} + 30 * 3600), about => $steward->{name}); return }
	if ($kind == 1) { $sim->act($who, 'give grid', 'set_grid_steward', "$grid->[0], $steward->{party}", about => $steward->{name}); return }
	# A plan like the present one, a building moved, in force at once.
	my ($plan) = $sim->look($who, "SELECT id FROM rui.grid_plan WHERE state = 'active'");
	my ($done, $rows) = $sim->act($who, 'copy grids', 'copy_grids', $plan->[0]);
	return unless $done;
	my $copy = $rows->[0][0];
	my $building = $sim->pick($sim->look($who, 'SELECT id FROM rui.building ORDER BY code'));
	my $target = $sim->pick($sim->look($who, "SELECT id FROM rui.grid WHERE plan_id = $copy ORDER BY id"));
	$sim->act($who, 'move building', 'move_building', "$copy, $building->[0], $target->[0]");
	$sim->act($who, 'approve grids', 'approve_grids', $copy);
	$sim->act($who, 'activate grids', 'activate_grids', $copy);
}

our @deck = ([ 8, \&duty ], [ 3, \&absence ], [ 2, \&swap ], [ 3, \&leave ], [ 2, \&publish ], [ 2, \&leaver ], [ 3, \&move_in ], [ 2, \&vacancy ], [ 2, \&grids ]);

1;
