# A message to every home, made in committed pieces by rui.fill_messages, whose
# session is killed, terminated and cancelled in the midst of a piece, and which
# two then finish together: nobody gets it twice, nobody is missed, quiet hours
# and budgets are kept.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use FaultTown;
use Strike;
use Platform;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $homes = 600;
my $node = PostgreSQL::Test::Cluster->new('storm');
Platform::init($node);
$node->append_conf('postgresql.conf', "restart_after_crash = on\nsynchronous_commit = on\njit = off\n");
$node->start;
# Two live in each home. It is nine in the evening of a Monday; messages go from eight.
$node->safe_psql('postgres', qq{
	SELECT rui.create_company('acme', 'Acme', 'Li', session_user::name);
	INSERT INTO rui.company_member (company_id, party_id, role_code, valid)
	SELECT 1, 1, r, tstzrange('2000-01-01 00:00+00', NULL) FROM unnest('{loader,manager}'::text[]) r;
	SELECT rui.create_project(1, 'town', 'Town', 'UTC');
	SELECT rui.set_project_state(1, 'go_live');
	INSERT INTO rui.building (project_id, code, footprint, entrance)
	VALUES (1, 'b', ST_Multi(ST_MakeEnvelope(0, 0, 1, 1, 4326)), ST_SetSRID(ST_MakePoint(0, 0), 4326));
	INSERT INTO rui.unit (project_id, building_id, code, area_m2) SELECT 1, b.id, 'u' || n, 90 FROM rui.building b, generate_series(1, $homes) n;
	INSERT INTO rui.household (project_id, unit_id, valid) SELECT 1, id, '[2020-01-01,)' FROM rui.unit;
	INSERT INTO rui.party (company_id, code, name) SELECT 1, 'p' || n, 'P' FROM generate_series(1, 2 * $homes) n;
	INSERT INTO rui.occupancy (project_id, household_id, unit_id, party_id, role, valid)
	SELECT 1, h.id, h.unit_id, p.id, 'other', '[2020-01-01,)' FROM (SELECT id, unit_id, row_number() OVER (ORDER BY id) AS n FROM rui.household) h
	JOIN (SELECT id, row_number() OVER (ORDER BY id) AS n FROM rui.party WHERE code ~ '^p') p ON (p.n + 1) / 2 = h.n;
	SELECT rui.set_calendar(1, 'waking', jsonb_build_object('tz', 'UTC', 'weekly', (SELECT jsonb_object_agg(d, '[["08:00","21:00"]]'::jsonb) FROM unnest('{mon,tue,wed,thu,fri,sat,sun}'::text[]) d))::text::rui.calendar);
	SELECT rui.set_message_setting(1, 'waking', budget => 4, budget_in => 'day', reserved => 1);
	SELECT rui.set_message_channel(1, 'sms'), rui.set_message_kind(1, 'repair', 'r', 'r', '{}', '{sms}', is_critical => true),
		rui.set_message_kind(1, 'news', 'n', 'n', '{}', '{sms}', budget => 1);
	SELECT rui.set_message_template(1, k, 'sms', 'zh', k, from_at => '2026-01-01') FROM unnest('{repair,news}'::text[]) k;
});
Strike::arm($node, 'postgres', 'INSERT', 'message');
my $at = '2026-03-09 21:00+00';

# Makes pieces of 100 until it is struck in the midst of the given one; how far it came.
sub struck
{
	my ($batch, $kind, $piece) = @_;
	my ($state) = FaultTown::outcome($node, "SET strike.kind = '$kind'; SET strike.times = $piece;
		CALL rui.fill_messages(1, $batch, 100, '$at')");
	$node->poll_query_until('postgres', 'SELECT true') or die 'the server did not come back';
	return $node->safe_psql('postgres', "SELECT concat_ws(' ', state, done, total) FROM rui.message_progress WHERE batch_id = $batch");
}

# Two finish it together, each as far as the other leaves it.
sub finished
{
	my ($batch) = @_;
	my @sessions = map { $node->background_psql('postgres') } 1 .. 2;
	$_->query_until(qr/begun/, "\\echo begun\nCALL rui.fill_messages(1, $batch, 50, '$at');\n") for @sessions;
	$_->query_until(qr/ended/, "\\echo ended\n") for @sessions;
	$_->quit for @sessions;
	return $node->safe_psql('postgres', "SELECT concat_ws(' ', state, done, total) FROM rui.message_progress WHERE batch_id = $batch");
}

# Of whom a batch reaches: how often, when, in which state.
sub reached
{
	my ($batch) = @_;
	return $node->safe_psql('postgres', "SELECT concat_ws(' ', m.state, to_char(m.next_at AT TIME ZONE 'UTC', 'DD HH24:MI'), count(*), count(DISTINCT m.party_id), count(r.state))
		FROM rui.message m LEFT JOIN rui.message_receipt r ON r.message_id = m.id
		WHERE m.batch_id = $batch GROUP BY m.state, m.next_at ORDER BY m.state");
}
my $broken = q{SELECT string_agg(v.invariant || ': ' || v.detail, E'\n') FROM rui.invariant_violation v WHERE v.invariant LIKE 'message%'};

my $all = 2 * $homes;
my $one = $node->safe_psql('postgres', qq{SELECT rui.plan_messages(1, 'repair', '{"project": true}', at => '$at')});
is(struck($one, 'kill', 5), "filling 400 $all", 'the fifth piece is killed, with the server: four are there');
is($node->safe_psql('postgres', $broken), '', 'and nothing is broken');
is(struck($one, 'terminate', 3), "filling 600 $all", 'called again it goes on, until it is terminated');
is(struck($one, 'cancel', 2), "filling 700 $all", 'or cancelled');
is(finished($one), "done $all $all", 'two finish it');
is(reached($one), "queued 10 08:00 $all $all $all", 'nobody is missed, nobody told twice, and none before the morning');

# One of two in each home, whatever happens; and then none.
my $two = $node->safe_psql('postgres', qq{SELECT rui.plan_messages(1, 'news', '{"project": true}', at => '$at')});
is(struck($two, 'kill', 3), "filling 200 $all", 'news is killed, too');
is(finished($two), "done $all $all", 'and finished');
is(reached($two), "queued 10 08:00 $homes $homes $homes\nsuppressed $homes $homes $homes", 'one a week for each home');
my $three = $node->safe_psql('postgres', qq{SELECT rui.plan_messages(1, 'news', '{"project": true}', at => '$at')});
is(struck($three, 'terminate', 2), "filling 100 $all", 'more news is terminated');
is(finished($three), "done $all $all", 'and finished');
is(reached($three), "suppressed $all $all $all", 'there was no budget left');
is($node->safe_psql('postgres', q{SELECT string_agg(DISTINCT concat_ws(' ', kind_code, window_on, allowed, used), ', ') FROM rui.contact_budget}),
	'any 2026-03-10 4 3, news 2026-03-09 1 1', 'each home has what was counted for it, once');
my $four = $node->safe_psql('postgres', qq{SELECT rui.plan_messages(1, 'repair', '{"project": true}', at => '$at')});
is(finished($four), "done $all $all", 'what is critical goes as far as there is room for all kinds');
is(reached($four), "queued 10 08:00 $homes $homes $homes\nsuppressed $homes $homes $homes", 'to one in each home');
is($node->safe_psql('postgres', $broken), '', 'no invariant is broken');
done_testing();
