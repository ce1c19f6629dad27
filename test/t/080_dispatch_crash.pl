# Dispatch and the standing match when backends and the whole server are
# killed in the midst of it, by several sessions at once: afterwards nothing
# acknowledged is lost, nobody has a task twice or more than he can take, and
# the next dispatch goes on from the match that was there, and is the best.
# What is cancelled stops and changes nothing.
# CRASH_SEED (1) is what the sessions do.
use strict;
use warnings;
use Platform;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use POSIX qw(:sys_wait_h);
use Time::HiRes qw(time sleep);
use Test::More;

my $seed = $ENV{CRASH_SEED} // 1;
my $sessions = 5;
my $node = PostgreSQL::Test::Cluster->new('crash');
Platform::init($node);
$node->append_conf('postgresql.conf', "restart_after_crash = on\nsynchronous_commit = on\n");
$node->start;
# People on duty for as long as the test may last; more work than places.
$node->safe_psql('postgres', q{
	SELECT rui.create_company('acme', 'Acme', 'Li', session_user::name);
	INSERT INTO rui.company_member (company_id, party_id, role_code, valid)
	SELECT 1, 1, r, tstzrange('2000-01-01 00:00+00', NULL) FROM unnest('{loader,manager}'::text[]) r;
	SELECT rui.create_project(1, 'town', 'Town', 'UTC');
	SELECT rui.set_project_state(1, 'go_live');
	SELECT rui.set_dispatch_weight(1, 'batch', 0), rui.set_dispatch_weight(1, 'move', 40);
	SELECT rui.set_ticket_category(1, c, c, c, skill => s) FROM (VALUES ('general', NULL), ('leak', 'plumbing')) AS t(c, s);
	SELECT rui.import_posts(1, '[{"code":"p","name":"Post","module":"place"}]');
	SELECT count(*) FROM rui.import_staff(1, (SELECT jsonb_agg(jsonb_build_object('code', 'w' || i, 'name', 'W' || i, 'staff_no', i::text,
		'from', '2020-01-01') || CASE WHEN i % 3 = 0 THEN '{"qualifications":[{"code":"plumbing","level":1}]}' ELSE '{}' END::jsonb)
		FROM generate_series(1, 12) i));
	INSERT INTO rui.shift (project_id, post_id, party_id, during, capacity)
	SELECT 1, p.id, f.party_id, tstzrange(now() - interval '1 day', now() + interval '9 days'), 1 + f.party_id % 3 FROM rui.post p, rui.staff f;
	INSERT INTO rui.membership (project_id, party_id, role_code, valid)
	SELECT 1, f.party_id, 'steward', tstzrange('2000-01-01 00:00+00', NULL) FROM rui.staff f ON CONFLICT DO NOTHING;
});
my $folder = PostgreSQL::Test::Utils::tempdir();
my $connection = $node->connstr('postgres');
my $judge = slurp_file('test/pgtap/fixture/standing_match.sql');

# One action on a task in one of some states, drawn by the session.
sub on_one
{
	my ($what, $states, $call) = @_;
	return "SELECT '$what', t.id, $call FROM (SELECT k.id FROM rui.task k WHERE k.state IN ($states) ORDER BY random() LIMIT 1) t";
}

my %action = (
	accept => on_one('accept', "'assigned'", 'rui.accept_ticket(1, t.id)'),
	arrive => on_one('arrive', "'accepted'", 'rui.arrive_ticket(1, t.id)'),
	complete => on_one('complete', "'in_progress'", q{rui.complete_ticket(1, t.id, 'done')}),
	reject => on_one('reject', "'assigned'", q{rui.reject_ticket(1, t.id, 'busy')}),
	cancel => on_one('cancel', "'new', 'triaged', 'assigned'", q{rui.cancel_ticket(1, t.id, 'over')}),
	task => on_one('task', "'new', 'triaged'", '(SELECT d.run_id FROM rui.dispatch_task(1, t.id) d)'),
	batch => q{SELECT 'batch', d.run_id, d.assigned FROM rui.dispatch(1) d});
my @deck = (('open') x 6, ('task') x 6, ('accept') x 3, ('arrive') x 3, ('complete') x 3, 'reject', 'cancel', 'batch');

sub work
{
	my ($session, $round) = @_;
	my $key = 0;
	srand($seed * 1000 + $round * 100 + $session);
	until (-e "$folder/stop")
	{
		my @list = (q{\set ON_ERROR_STOP 0}, q{SET client_min_messages = fatal});
		for (1 .. 12)
		{
			my $what = $deck[ rand @deck ];
			push @list, $action{$what} and next if $what ne 'open';
			my $need = "$round $session " . $key++;
			my $place = sprintf 'ST_SetSRID(ST_MakePoint(%.4f, %.4f), 4326)', 10 + rand() / 50, 50 + rand() / 50;
			push @list, sprintf "SELECT 'open', '$need', rui.open_ticket(1, '%s', '$need', place => $place, priority => %d)",
				rand() < 0.3 ? 'leak' : 'general', 1 + rand 5;
		}
		open my $psql, '|-', "psql -X -q -At -d '$connection' >>$folder/answers.$session 2>>$folder/errors.$session"
		  or POSIX::_exit(1);
		local $SIG{PIPE} = 'IGNORE';
		print $psql join(";\n", @list) . ";\n";
		close $psql;
		sleep(0.05) if $? != 0;
	}
	POSIX::_exit(0);
}

# Wait until so many dispatches more have been acknowledged.
sub wait_for_runs
{
	my ($more) = @_;
	my $until = time() + 600;
	my (undef, undef, $runs) = answers();
	my $enough = keys(%$runs) + $more;
	while (time() < $until)
	{
		(undef, undef, $runs) = answers();
		return if keys(%$runs) >= $enough;
		sleep(0.02);
	}
	die "the sessions do nothing: see $folder";
}

# Some backend that is dispatching this moment and waits for nobody.
sub dispatching
{
	my $until = time() + 300;
	while (time() < $until)
	{
		my ($code, $pid) = $node->psql('postgres', q{SELECT a.pid FROM pg_stat_activity a
			WHERE a.state = 'active' AND a.query ~ 'rui.dispatch' AND a.pid <> pg_backend_pid() AND a.wait_event_type IS DISTINCT FROM 'Lock'
			ORDER BY random() LIMIT 1});
		return $pid if $code == 0 && $pid =~ /^[0-9]+$/;
	}
	return;
}

sub answers
{
	my (%opened, %done, %runs);
	for my $session (1 .. $sessions)
	{
		open my $in, '<', "$folder/answers.$session" or next;
		while (<$in>)
		{
			# A line that its end is missing of was not acknowledged.
			if (/^open\|([0-9 ]+)\|([0-9]+)\n/) { $opened{$1} = $2 }
			elsif (/^(accept|arrive|complete|reject|cancel)\|([0-9]+)\|[a-z_]+\n/) { $done{"$1|$2"}++ }
			elsif (/^batch\|([0-9]+)\|/ || /^task\|[0-9]+\|([0-9]+)\n/) { $runs{$1}++ }
		}
	}
	return (\%opened, \%done, \%runs);
}

# What must be so after each round.
sub examine
{
	my ($about) = @_;
	my ($opened, $done, $runs) = answers();
	my $values = join ',', map { "('$_', $opened->{$_})" } sort keys %$opened;
	is($node->safe_psql('postgres', "SELECT count(*) FROM (VALUES $values) a(need, id)
		WHERE NOT EXISTS (SELECT FROM rui.ticket k WHERE k.id = a.id AND k.details = a.need)"), 0, "$about: no ticket is lost");
	$values = join ',', map { my ($kind, $id) = split /\|/; "('ticket.$kind', $id, $done->{$_})" } sort keys %$done;
	is($node->safe_psql('postgres', "SELECT count(*) FROM (VALUES $values) a(kind, id, times)
		WHERE a.times > (SELECT count(*) FROM rui.event e WHERE e.subject = 'ticket' AND e.subject_id = a.id AND e.kind = a.kind)"), 0,
		"$about: nor what was done with one");
	$values = join ',', map { "($_)" } sort keys %$runs;
	is($node->safe_psql('postgres', "SELECT count(*) FROM (VALUES $values) a(id)
		WHERE NOT EXISTS (SELECT FROM rui.dispatch_run r WHERE r.id = a.id)"), 0, "$about: nor a dispatch");
	is($node->safe_psql('postgres', q{SELECT string_agg(v.invariant || ': ' || v.detail, E'\n') FROM rui.invariant_violation v}), '',
		"$about: no invariant is broken");
	# Each step begins where the last one ended, so nobody gets what somebody has.
	is($node->safe_psql('postgres', q{SELECT count(*) FROM (
			SELECT e.payload ->> 'from_state' AS was, lag(e.payload ->> 'to_state', 1, 'new') OVER w AS should,
				row_number() OVER (PARTITION BY e.subject_id ORDER BY e.id DESC) = 1 AS is_last, e.payload ->> 'to_state' AS became,
				(e.payload ->> 'executor_id')::bigint AS executor_id, e.subject_id
			FROM rui.event e WHERE e.subject = 'ticket' AND e.payload ? 'from_state' WINDOW w AS (PARTITION BY e.subject_id ORDER BY e.id)) s
		JOIN rui.task t ON t.id = s.subject_id
		WHERE s.was <> s.should OR s.is_last AND (s.became <> t.state OR t.state = 'assigned' AND s.executor_id IS DISTINCT FROM t.executor_id)}), 0,
		"$about: each task went from one state to the next, from one person to the next");
	is($node->safe_psql('postgres', q{SELECT string_agg(format('%s holds %s of %s', s.party_id, h.tasks, s.capacity), ', ') FROM rui.shift s
		JOIN (SELECT t.executor_id, count(*) AS tasks FROM rui.task t
			WHERE t.state IN ('assigned', 'accepted', 'en_route', 'in_progress', 'deferred') GROUP BY 1) h ON h.executor_id = s.party_id
		WHERE h.tasks > s.capacity}), '', "$about: nobody has more than he can take");
	# More tasks go into the match that the crash left, however far it had come.
	my $result = $node->safe_psql('postgres', $judge . q{
		SELECT s.made_at AS made FROM rui.dispatch_state s \gset
		SELECT count((SELECT d.run_id FROM rui.dispatch_task(1, t.id) d)) AS dispatched
		FROM (SELECT rui.open_ticket(1, 'leak', 'more ' || i, priority => 1) AS id FROM generate_series(1, 7) i OFFSET 0) t \gset
		SELECT s.made_at = :'made', coalesce(pg_temp.problem(1), 'none'), (SELECT count(*) > 5 FROM rui.dispatch_candidate) FROM rui.dispatch_state s;});
	is($result, 't|none|t', "$about: more tasks go into the match that stood, which is the best");
	$result = $node->safe_psql('postgres', $judge . q{
		SELECT count(*) AS dispatched FROM rui.dispatch(1) \gset
		SELECT coalesce(pg_temp.problem(1), 'none');});
	is($result, 'none', "$about: and so is the next batch");
}

my %killed = (backend => 0, server => 0);
for my $round (1 .. 2)
{
	my $what = $round % 2 ? 'backend' : 'server';
	my @workers;
	unlink "$folder/stop";
	for my $session (1 .. $sessions)
	{
		my $pid = fork() // die "fork: $!";
		work($session, $round) if $pid == 0;
		push @workers, $pid;
	}
	wait_for_runs(15); # so that there is a match, and a crowd
	my $pid = dispatching();
	if ($what eq 'backend')
	{
		$killed{backend} += kill('KILL', $pid) if $pid;
	}
	elsif ($pid)
	{
		$node->kill9;
		$killed{server}++;
		# Not before the last backend has noticed.
		for (1 .. 100)
		{
			last if $node->start(fail_ok => 1);
			sleep(0.1);
			$node->stop('fast', fail_ok => 1);
		}
	}
	wait_for_runs(15); # once it is back
	append_to_file("$folder/stop", '');
	waitpid($_, 0) for @workers;
	examine("round $round, $what killed");
}
is($killed{backend}, 1, 'a backend was killed as it dispatched');
is($killed{server}, 1, 'and so was the server');
my ($opened, $done, $runs) = answers();
cmp_ok(scalar(keys %$_), '>', 20, 'much was acknowledged') for $opened, $done, $runs;

# What is cancelled: by a limit of time, and by somebody else.
$node->safe_psql('postgres', q{
	CREATE TABLE public.pair AS SELECT t, w, t * w AS cost FROM generate_series(1, 1000) t, generate_series(1, 1000) w;
	SELECT count(rui.open_ticket(1, CASE WHEN i % 3 = 0 THEN 'leak' ELSE 'general' END, 'many', priority => 1 + i % 5)) FROM generate_series(1, 600) i;
	INSERT INTO rui.party (company_id, code, kind, name) SELECT 1, 'x' || i, 'person', 'X' FROM generate_series(1, 200) i;
	INSERT INTO rui.shift (project_id, post_id, party_id, during, capacity)
	SELECT 1, p.id, y.id, tstzrange(now() - interval '1 day', now() + interval '9 days'), 2 FROM rui.post p, rui.party y WHERE y.code ~ '^x';
	INSERT INTO rui.membership (project_id, party_id, role_code, valid)
	SELECT 1, y.id, 'steward', tstzrange('2000-01-01 00:00+00', NULL) FROM rui.party y WHERE y.code ~ '^x';
});
my $state = join ' || ', map { "(SELECT coalesce(md5(string_agg(x::text, ' ' ORDER BY x::text)), '') FROM rui.$_ x)" }
  qw(task dispatch_state dispatch_price dispatch_candidate dispatch_plan dispatch_change dispatch_run dispatch_offer event);
my $before = $node->safe_psql('postgres', "SELECT $state");
# So often that none ends before its limit.
my %large = (
	'rui.assign' => 'SELECT max(s.found) FROM generate_series(1, 1000) g, LATERAL (SELECT cardinality(rui.assign(t, w, cost + 0 * g, 1)) AS found FROM public.pair) s',
	'rui.dispatch' => 'SELECT max(d.assigned) FROM generate_series(1, 100000) g, LATERAL rui.dispatch(1 + 0 * g) d');
for my $what (sort keys %large)
{
	my ($out, $err) = ('', '');
	is($node->psql('postgres', "SET statement_timeout = '300ms'; $large{$what}", stdout => \$out, stderr => \$err, on_error_stop => 1), 3,
		"$what stops at a limit of time");
	like($err, qr/canceling statement due to statement timeout/, 'and says so');

	my $pid = fork() // die "fork: $!";
	if ($pid == 0)
	{
		exec 'sh', '-c', qq{psql -X -q -At -d '$connection' -c "$large{$what}" >$folder/cancelled.out 2>$folder/cancelled.err};
	}
	my $cancelled = $node->poll_query_until('postgres', qq{SELECT pg_cancel_backend(a.pid) FROM pg_stat_activity a
		WHERE a.state = 'active' AND a.query = \$\$$large{$what}\$\$ AND a.query_start < clock_timestamp() - interval '0.3 s'});
	waitpid($pid, 0);
	ok($cancelled, "$what is cancelled by somebody else");
	is($? >> 8, 1, 'and fails');
	like(slurp_file("$folder/cancelled.err"), qr/canceling statement due to user request/, 'for that reason');
}
# One dispatch, stopped in one step after another of its work.
my ($stopped, $late) = (0, 0);
for my $limit (50, 100, 200, 400, 800, 1200, 1600, 2000)
{
	my ($out, $err) = ('', '');
	my $began = time();
	my $code = $node->psql('postgres', "BEGIN; SET LOCAL statement_timeout = '${limit}ms'; SELECT d.assigned FROM rui.dispatch(1) d; ROLLBACK",
		stdout => \$out, stderr => \$err, on_error_stop => 1);
	my $over = time() - $began - $limit / 1000;
	next if $code == 0; # it had ended before
	$stopped++;
	$late = $over if $over > $late;
	like($err, qr/canceling statement due to statement timeout/, "one dispatch stops after $limit ms");
}
cmp_ok($stopped, '>=', 2, 'one dispatch takes long enough to be stopped in its midst');
note(sprintf 'it ended %.2f s after its limit at most, the connection counted', $late);
cmp_ok($late, '<', 10, 'and ends soon');
is($node->safe_psql('postgres', "SELECT $state"), $before, 'and nothing has changed');
is($node->safe_psql('postgres', q{SELECT string_agg(v.invariant || ': ' || v.detail, E'\n') FROM rui.invariant_violation v}), '',
	'no invariant is broken');
is($node->safe_psql('postgres', $judge . q{SELECT assigned > 200 AS dispatched FROM rui.dispatch(1) \gset
	SELECT :'dispatched', coalesce(pg_temp.problem(1), 'none');}), 't|none', 'what was cancelled can be done again');
done_testing();
