# A cancel inside one call of each thing that takes long: the call is seen to be
# there, past the last row it was given and after so much processor time, and
# then hears of the cancel soon, measured in processor time too (a busy machine
# does not count). The session goes on, gives right answers, and has kept no memory.
# What is done row by row (clock folding, working time, tariffs, statistics) is
# asked between rows by the server: 120_fault_work cancels those.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use FaultTown;
use Platform;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use POSIX ();
use Time::HiRes;

my $node = PostgreSQL::Test::Cluster->new('cancel');
Platform::init($node);
$node->append_conf('postgresql.conf', "jit = off\nmax_parallel_workers_per_gather = 0\nwork_mem = '256MB'\nautovacuum = off\n");
$node->start;
my $homes = 2000;
FaultTown::settle($node, $homes);
my $ticks = POSIX::sysconf(&POSIX::_SC_CLK_TCK);

# mark says by a lock that all rows have been given, and gives none.
$node->safe_psql('postgres', q{
	CREATE FUNCTION public.mark() RETURNS boolean LANGUAGE sql VOLATILE AS 'SELECT pg_advisory_lock(78) IS NULL';
	CREATE UNLOGGED TABLE public.lattice AS SELECT i * 500 + j AS node, array_remove(ARRAY[CASE WHEN i > 0 THEN (i - 1) * 500 + j END, CASE WHEN i < 499 THEN (i + 1) * 500 + j END,
		CASE WHEN j > 0 THEN i * 500 + j - 1 END, CASE WHEN j < 499 THEN i * 500 + j + 1 END], NULL)::bigint[] AS neighbours, 1 + (i * 7 + j * 13) % 5 AS load
	FROM generate_series(0, 499) i, generate_series(0, 499) j;
	CREATE UNLOGGED TABLE public.edge AS SELECT l.node, n AS neighbour FROM public.lattice l, unnest(l.neighbours) n;
	CREATE UNLOGGED TABLE public.map AS SELECT rui.gridmap(node, ST_MakeEnvelope(110 + node / 500 * 0.001, 32 + node % 500 * 0.001,
		110 + (node / 500 + 1) * 0.001, 32 + (node % 500 + 1) * 0.001, 4326)) AS map FROM public.lattice WHERE node < 150000;
	-- Not compressed: the server's own work on a value cannot be cancelled.
	CREATE UNLOGGED TABLE public.map_text (map text);
	ALTER TABLE public.map_text ALTER map SET STORAGE EXTERNAL;
	INSERT INTO public.map_text SELECT map::text FROM public.map;
	CREATE UNLOGGED TABLE public.sheet AS SELECT jsonb_build_object('scale', '100', 'missing', 'skip', 'sections', jsonb_build_array(jsonb_build_object('code', 'a', 'weight', '1', 'items',
		jsonb_agg(jsonb_build_object('code', 'x' || i, 'weight', '1', 'kind', 'rating', 'max', '5')))))::text AS rubric, jsonb_object_agg('x' || i, jsonb_build_object('value', (i % 5)::text)) AS findings
	FROM generate_series(1, 150000) i;
});
my $edges = '(SELECT node, neighbour FROM public.edge UNION ALL SELECT 0, 0 WHERE public.mark()) e';
# By name: a call that the mark stands in, and a short one with its answer.
my @calls = (
	[ 'rui.partition', 'SELECT cardinality(rui.partition(node, neighbours, load, 3000)) FROM (SELECT * FROM public.lattice UNION ALL SELECT NULL, NULL, NULL WHERE public.mark()) l',
		q{SELECT count(DISTINCT p.part) FROM (SELECT rui.partition(i, ARRAY[i - 1, i + 1]::bigint[], 1, 4) AS parts FROM generate_series(1, 40) i) r, unnest(r.parts) p} ],
	[ 'rui.components', "SELECT cardinality(rui.components(node, neighbour)) FROM $edges", 'SELECT rui.components(i, i + 2) FROM generate_series(1, 4) i' ],
	[ 'rui.catchment', "SELECT cardinality(rui.catchment(node, neighbour, 1)) FROM (SELECT node, neighbour FROM public.edge UNION ALL SELECT 7, NULL UNION ALL SELECT 0, 0 WHERE public.mark()) e",
		'SELECT rui.catchment(i, nullif(i + 1, 5), 1) FROM generate_series(1, 4) i' ],
	[ 'rui.distances', 'SELECT cardinality(rui.distances(node, neighbour, 1, (SELECT array_agg(i) FROM generate_series(0, 299) i), (SELECT array_agg(i) FROM generate_series(70000, 70099) i)))
		FROM (SELECT node, neighbour FROM public.edge WHERE node < 80000 UNION ALL SELECT 0, 0 WHERE public.mark()) e',
		"SELECT rui.distances(i, i + 1, 1, '{1}', '{4}') FROM generate_series(1, 4) i" ],
	[ 'rui.assign', 'SELECT cardinality(rui.assign(t, w, t * w, 125000, 1e9)) FROM (SELECT t, w FROM generate_series(1, 250000) t, generate_series(1, 2) w UNION ALL SELECT 0, 0 WHERE public.mark()) p',
		'SELECT rui.assign(t, w, t * w, 1) FROM generate_series(1, 3) t, generate_series(1, 3) w' ],
	[ 'rui.gridmap', 'SELECT length(rui.gridmap(node, area)::text) FROM (SELECT node, ST_MakeEnvelope(110 + node / 500 * 0.001, 32 + node % 500 * 0.001, 110 + (node / 500 + 1) * 0.001,
		32 + (node % 500 + 1) * 0.001, 4326) AS area FROM public.lattice UNION ALL SELECT 0, NULL WHERE public.mark()) a',
		'SELECT rui.locate(rui.gridmap(i, ST_MakeEnvelope(i, 0, i + 1, 1, 4326)), 2.5, 0.5) FROM generate_series(1, 3) i' ],
	[ 'reading a gridmap', q{SELECT octet_length(rui.gridmap_send((SELECT map || CASE WHEN public.mark() THEN '' ELSE ' ' END FROM public.map_text)::rui.gridmap))}, q{SELECT '{"srid":4326,"areas":[]}'::rui.gridmap} ],
	[ 'rui.gridmap_problems', 'SELECT count(*) FROM rui.gridmap_problems((SELECT map FROM public.map WHERE NOT public.mark()))',
		'SELECT * FROM rui.gridmap_problems((SELECT rui.gridmap(i, ST_MakeEnvelope(0, 0, i, 1, 4326)) FROM generate_series(1, 2) i))' ],
	[ 'rui.merkle_proof', 'SELECT rui.merkle_proof((SELECT array_agg(int4send(n)) FROM generate_series(1, 1000000) n), CASE WHEN public.mark() THEN 1 ELSE 7 END)',
		'SELECT rui.merkle_proof(array_agg(int4send(n)), 2) FROM generate_series(1, 5) n' ],
	[ 'rui.merkle_consistency', 'SELECT rui.merkle_consistency((SELECT array_agg(int4send(n)) FROM generate_series(1, 1000000) n), CASE WHEN public.mark() THEN 1 ELSE 7 END)',
		'SELECT rui.merkle_consistency(array_agg(int4send(n)), 2) FROM generate_series(1, 5) n' ],
	[ 'rui.split_amount', 'SELECT cardinality(rui.split_amount(1000000, (SELECT array_agg((i % 977 + 0.001)::numeric) FROM generate_series(1, 1000000) i), CASE WHEN public.mark() THEN 1 ELSE 2 END))',
		q{SELECT rui.split_amount(100, '{1,1,1}')} ],
	[ 'rui.read_csv', q{SELECT count(*) FROM rui.read_csv((SELECT 'a,b' || chr(10) || string_agg(i || ',x', chr(10)) FROM generate_series(1, 1500000) i), CASE WHEN public.mark() THEN ';' ELSE ',' END)},
		q{SELECT item FROM rui.read_csv('a' || chr(10) || '1')} ],
	[ 'rui.score', 'SELECT rui.score(rubric::rui.rubric, CASE WHEN public.mark() THEN NULL ELSE findings END) FROM public.sheet',
		q{SELECT (rui.score('{"scale":"100","sections":[{"code":"a","weight":"1","items":[{"code":"x","weight":"1","kind":"rating","max":"5"}]}],"missing":"skip"}', '{"x":{"value":"4"}}')).total} ]);
# By name: one call on the whole town, which nothing but itself is told of.
my @town = (
	[ 'rui.run_billing', q{SELECT count(*) FROM rui.run_billing(1, '2025-03-01', at => '2025-03-02')} ],
	[ 'rui.seal_journal', 'SELECT rui.seal_journal(1)' ],
	[ 'rui.rebuild_search', 'SELECT rui.rebuild_search(1)' ],
	[ 'rui.import_parties', q{SELECT count(*) FROM rui.import_parties(1, (SELECT jsonb_agg(jsonb_build_object('code', 'c' || i, 'name', 'C' || i)) FROM generate_series(1, 3000) i))} ]);
my @sealed = (
	[ 'rui.verify_journal', 'SELECT count(*) FROM rui.verify_journal(1)' ],
	[ 'rui.share_cost', q{SELECT count(*) FROM rui.share_cost(1, 'lift', 'property', '[2025-03-01,2025-04-01)', 100000, 'unit', building_id => 1, at => '2025-04-01')} ],
	[ 'rui.dispatch', q{SELECT d.assigned FROM rui.dispatch(1, NULL, '2025-03-02 09:10+00') d} ]);

# The processor time of a process, in seconds; nothing when it is gone.
sub spent
{
	my ($stat) = @_;
	return undef unless defined $stat && $stat =~ /\) \S (?:\S+ ){10}(\d+) (\d+)/;
	return ($1 + $2) / $ticks;
}

sub read_stat
{
	my ($pid) = @_;
	open my $file, '<', "/proc/$pid/stat" or return undef;
	return scalar <$file>;
}

my $boss = $node->background_psql('postgres', on_error_stop => 0);

# Runs the long statement between two short ones in one session and cancels it when it
# has worked for so long (past its mark). The seconds it worked when the cancel came and after it,
# and all that psql said.
sub cancelled
{
	my ($long, $short, $has_mark, $enough) = @_;
	my $folder = PostgreSQL::Test::Utils::tempdir();
	my $memory = q{SELECT 'memory ' || sum(used_bytes) FROM pg_backend_memory_contexts WHERE name !~ 'Cache|Rendez|relation rules|index info|PL/pgSQL|SPI'};
	my $pid = fork() // die "fork: $!";
	if ($pid == 0)
	{
		open STDOUT, '>', "$folder/out";
		open STDERR, '>&', \*STDOUT;
		exec 'psql', '-X', '-q', '-At', '-v', 'VERBOSITY=verbose', '-d', $node->connstr('postgres'), '-c', "SET application_name = 'long'",
			map { ('-c', $_) } $short, $memory, "/* long */ $long", q{SELECT 'after ' || pg_read_file('/proc/self/stat')}, 'SELECT pg_advisory_unlock_all()', $short, $memory;
	}
	my $from = '';
	my $worker;
	my ($start, $now);
	for (1 .. 20000)
	{
		my $marked = $has_mark ? "AND EXISTS (SELECT FROM pg_locks l WHERE l.pid = a.pid AND l.locktype = 'advisory' AND l.objid = 78)" : '';
		$worker = $boss->query_safe("SELECT a.pid FROM pg_stat_activity a WHERE a.application_name = 'long' AND a.query LIKE '/* long */%' AND a.state = 'active' $marked");
		last if $worker =~ /\d/;
		last if waitpid($pid, POSIX::WNOHANG()) == $pid;
		Time::HiRes::sleep(0.005);
	}
	if ($worker =~ /(\d+)/)
	{
		$worker = $1;
		$start = spent(read_stat($worker)) // 0;
		do { Time::HiRes::sleep(0.005); $now = spent(read_stat($worker)) } while (defined $now && $now < $start + $enough && kill(0, $worker));
		# One that has come to its end is not there any more.
		$boss->query("SELECT pg_cancel_backend($worker)");
		$now //= $start;
	}
	waitpid $pid, 0;
	my $said = slurp_file("$folder/out");
	my $after = $said =~ /^after (.*)/m ? spent($1) : undef;
	my @used = $said =~ /^memory (\d+)/mg;
	return ($now, $after, \@used, $said);
}

sub check
{
	my ($name, $long, $short, $has_mark, $enough) = @_;
	my ($before, $after, $used, $said) = cancelled($long, $short, $has_mark, $enough);
	like($said, qr/^ERROR:  57014: canceling statement due to user request/m, "$name hears of a cancel inside it") or diag($said);
	# The map is a value of 88 MB: to copy it once takes some tenths of a second.
	cmp_ok(($after // 99) - ($before // 0), '<', 1, 'soon');
	my @parts = split /^memory .*\n/m, $said;
	my ($first) = $parts[0];
	is($said =~ s/\A\Q$first\E//r =~ /\Q$first\E/ ? $first : $said, $first, 'the session gives the right answer');
	cmp_ok(($used->[1] // 1e12) - ($used->[0] // 0), '<', 1e6, 'and has kept no memory');
	note(sprintf '%s: %.2f s after the cancel', $name, $after - $before) if defined $after && defined $before;
}

check(@$_[0, 1, 2], 1, 0.08) for @calls;
my $before = FaultTown::content($node);
check(@$_[0, 1], 'SELECT count(*) FROM rui.unit', 0, 0.08) for @town;
is(FaultTown::content($node), $before, 'nothing has changed');
# With something to verify and to divide, and with people who wait for work that waits.
$node->safe_psql('postgres', q{
	SELECT count(*) FROM rui.import_staff(1, (SELECT jsonb_agg(jsonb_build_object('code', 's' || i, 'name', 'S' || i, 'staff_no', i::text, 'from', '2020-01-01', 'role', 'staff'))
		FROM generate_series(1, 150) i));
	SELECT count(*) FROM rui.import_posts(1, '[{"code":"p","name":"Post","module":"place"}]');
	SELECT count(*) FROM rui.import_shifts(1, (SELECT jsonb_agg(jsonb_build_object('post', 'p', 'staff', 's' || i, 'from', '2025-03-02 08:00', 'to', '2025-03-02 20:00')) FROM generate_series(1, 150) i));
	SELECT count(rui.open_ticket(1, 'general', 'need', place => ST_SetSRID(ST_MakePoint(118.8 + i % 20 * 0.001, 32 + i / 20 * 0.001), 4326), at => '2025-03-02 09:00+00'))
	FROM generate_series(1, 400) i;
});
$node->safe_psql('postgres', "SELECT rui._seal_settled(1, now(), '0')");
$before = FaultTown::content($node);
check(@$_[0, 1], 'SELECT count(*) FROM rui.unit', 0, 0.08) for @sealed;
is(FaultTown::content($node), $before, 'nothing has changed');
is(FaultTown::problems($node), '', 'nothing is broken');
is($node->safe_psql('postgres', 'SELECT count(*) FROM pg_ls_tmpdir()'), 0, 'no temporary file is left');
my ($state) = FaultTown::outcome($node, $town[0][1]);
is($state, '', 'what was cancelled goes through');
is($node->safe_psql('postgres', q{SELECT count(*), count(DISTINCT unit_id) FROM rui.charge WHERE lower(period) = '2025-03-01'}), "$homes|$homes", 'once');
$boss->quit;
done_testing();
