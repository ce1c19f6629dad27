# Long work that is stopped: a disk that is full during a bill and an import, one
# that has no room for the write-ahead log, backends and the whole server killed
# in the midst of an import and of a bill, and a cancel inside each thing that takes long. What
# was not acknowledged has not happened, what is sent again happens once. Then
# several sessions at once under SERIALIZABLE, each trying again: the same as one
# after another.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use FaultTown;
use Platform;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

my $node = PostgreSQL::Test::Cluster->new('work');
Platform::init($node);
$node->command_ok([ 'pg_resetwal', '-D', $node->data_dir, '--wal-segsize=1' ], 'its log is in small files');
$node->append_conf('postgresql.conf', "restart_after_crash = on\nsynchronous_commit = on\njit = off\n");
$node->start;
FaultTown::settle($node, 400);
my $import = sub {
	my ($prefix, $count, $key) = @_;
	return "SELECT count(*) FILTER (WHERE accepted) FROM rui.import_units(1, (SELECT jsonb_agg(jsonb_build_object('code', '$prefix' || i, 'building', 'b1', 'area_m2', 60)) FROM generate_series(1, $count) i), request_key => '$key')";
};

# A small disk, of which all but so many bytes are taken.
my $small = $ENV{RUI_SMALL_DISK};
my $ballast = ($small // '') . '/ballast';
my $fill = sub {
	my ($left) = @_;
	unlink $ballast;
	my ($free) = qx(df -B1 --output=avail '$small') =~ /(\d+)/;
	open my $file, '>', $ballast or die "$ballast: $!";
	print $file "\0" x ($free - $left);
	close $file;
};

# ------------------------------------------------------------------ a full disk
SKIP:
{
	skip 'only root can make a small disk', 12 unless defined $small;
	mkdir "$small/space", 0700;
	$node->safe_psql('postgres', "CREATE TABLESPACE small LOCATION '$small/space'");
	$node->safe_psql('postgres', 'ALTER TABLE rui.charge SET TABLESPACE small; ALTER TABLE rui.unit SET TABLESPACE small');
	$node->safe_psql('postgres', "SELECT * FROM rui.run_billing(1, '2025-01-01', at => '2025-01-02')");
	my $before = FaultTown::content($node);
	$fill->(32768);
	my ($state, undef, $error) = FaultTown::outcome($node, "SELECT * FROM rui.run_billing(1, '2025-02-01', at => '2025-02-02')");
	is($state, '53100', 'a bill finds the disk full') or diag($error);
	is(FaultTown::content($node), $before, 'and has charged nobody');
	is(FaultTown::problems($node), '', 'nothing is broken');
	($state, undef, $error) = FaultTown::outcome($node, $import->('full', 4000, 'full'));
	is($state, '53100', 'an import finds it full') or diag($error);
	is(FaultTown::content($node), $before, 'and has added nothing');

	# In pieces: what is committed stays, the rest comes when there is room.
	($state, undef, $error) = FaultTown::outcome($node, "CALL rui.bill_month(1, '2025-02-01', 60, '2025-02-02')");
	is($state, '53100', 'a bill in pieces stops') or diag($error);
	is(FaultTown::problems($node), '', 'between two pieces nothing is broken');
	unlink $ballast;
	($state, undef, $error) = FaultTown::outcome($node, "CALL rui.bill_month(1, '2025-02-01', 60, '2025-02-02')");
	is($state, '', 'with room it goes on') or diag($error);
	is($node->safe_psql('postgres', "SELECT count(*), count(DISTINCT unit_id) FROM rui.charge WHERE period = '[2025-02-01,2025-03-01)'"), '400|400', 'and everybody is charged once');
	is((FaultTown::outcome($node, $import->('full', 500, 'full')))[1], '500', 'the import under the same key goes through');
	is(FaultTown::problems($node), '', 'nothing is broken');
	$node->safe_psql('postgres', 'ALTER TABLE rui.charge SET TABLESPACE pg_default; ALTER TABLE rui.unit SET TABLESPACE pg_default');
	$node->safe_psql('postgres', 'DROP TABLESPACE small');
	pass('the small disk is left');
}

# ------------------------------------------------------------------ no room for the log
# The server cannot go on, nor start, until there is room; it keeps what it has
# said, and of what was under way all or nothing.
SKIP:
{
	skip 'only root can make a small disk', 12 unless defined $small;
	my $log = $node->data_dir . '/pg_wal';
	my $move = sub {
		my ($from, $to) = @_;
		$node->stop('fast');
		# Of a server that was stopped one segment counts; others are there to be used again.
		my ($last) = (run_command([ 'pg_controldata', $node->data_dir ]))[0] =~ /REDO WAL file: +(\w+)/;
		unlink grep { /\/[0-9A-F]{24}$/ && !/\/$last$/ } glob "$from/*";
		unlink $log if -l $log;
		system('mv', $from, $to) == 0 or die "mv $from $to";
		symlink $to, $log or die "symlink: $!" if $to ne $log;
		$node->start;
	};
	$move->($log, "$small/wal");
	$node->safe_psql('postgres', "SELECT rui._seal_settled(1, now(), '0')");
	my $head = $node->safe_psql('postgres', "SELECT number || ',' || quote_literal(encode(root, 'hex')) FROM rui.seal WHERE project_id = 1 ORDER BY number DESC LIMIT 1");
	$fill->(1024 * 1024 + 65536);
	my $folder = PostgreSQL::Test::Utils::tempdir();
	append_to_file("$folder/work.sql", join '', map { "SELECT '$_', rui.open_ticket(1, 'general', 'log $_', request_key => 'log $_');\n" } 1 .. 4000);
	my $gone = system("psql -X -q -At -v ON_ERROR_STOP=1 -d '@{[$node->connstr('postgres')]}' -f $folder/work.sql >$folder/answers 2>$folder/errors");
	isnt($gone, 0, 'the server is gone in the midst of work');
	my %told = map { /^(\d+)\|(\d+)$/ ? ($1 => $2) : () } split /\n/, slurp_file("$folder/answers");
	my $count = keys %told;
	cmp_ok($count, '>', 0, "after $count tickets");
	$node->stop('immediate', fail_ok => 1);
	like(slurp_file($node->logfile), qr/PANIC: .*No space left on device/, 'for want of room');
	is($node->start(fail_ok => 1), 0, 'it does not start without room');
	unlink $ballast;
	is($node->start(fail_ok => 1), 1, 'with room it starts');
	my $values = join ',', map { "('log $_', $told{$_})" } keys %told;
	is($node->safe_psql('postgres', "SELECT count(*) FROM (VALUES $values) v(details, id) JOIN rui.ticket t USING (details, id)"), $count, 'what was acknowledged is there');
	my $there = $node->safe_psql('postgres', "SELECT count(*) FROM rui.ticket WHERE details LIKE 'log %'");
	ok($there == $count || $there == $count + 1, 'and at most the one that was under way') or diag("$there, acknowledged $count");
	is($node->safe_psql('postgres', "SELECT count(*) FROM rui.ticket k LEFT JOIN rui.task t USING (project_id, id) LEFT JOIN rui.event e ON e.project_id = k.project_id
		AND e.subject = 'ticket' AND e.subject_id = k.id WHERE k.details LIKE 'log %' AND (t.id IS NULL OR e.id IS NULL)"), 0, 'with its task and its event');
	my $next = $count + 1;
	my $again = "SELECT rui.open_ticket(1, 'general', 'log %s', request_key => 'log %1\$s')";
	is($node->safe_psql('postgres', sprintf $again, $count), $told{$count}, 'sent again it has the same answer');
	$node->safe_psql('postgres', sprintf $again, $next);
	is($node->safe_psql('postgres', "SELECT count(*) FROM rui.ticket WHERE details = 'log $next'"), 1, 'and the one under way is done once');
	is(FaultTown::problems($node) . $node->safe_psql('postgres', "SELECT rui.check_head(1, $head)"), 'holds', 'nothing is broken, the head of before holds');
	$move->("$small/wal", $log);
	is($node->safe_psql('postgres', "SELECT count(*) FROM rui.ticket WHERE details LIKE 'log %'"), $next, 'the log is where it was');
}

# ------------------------------------------------------------------ killed
# An import and a bill wait after their rows are written, for whoever kills them.
FaultTown::hold($node, $_) for qw(rui.unit rui.charge);
for my $victim (qw(backend server))
{
	my $before = FaultTown::content($node);
	my ($is_under_way, $ended) = FaultTown::killed($node, $victim, $import->("k$victim", 300, "k$victim"));
	ok($is_under_way, 'an import is under way');
	isnt($ended, 0, "the import is gone with its $victim");
	is(FaultTown::content($node), $before, 'and has added nothing');
	is((FaultTown::outcome($node, $import->("k$victim", 300, "k$victim")))[1], '300', 'sent again it is whole');
	is((FaultTown::outcome($node, $import->("k$victim", 300, "k$victim")))[1], '300', 'and once more: the first answer');
	is($node->safe_psql('postgres', "SELECT count(*) FROM rui.unit WHERE code LIKE 'k$victim%'"), '300', 'once');

	# The second time for those who came with the second import.
	my $bill = "SELECT count(*) FROM rui.run_billing(1, '2025-05-01', at => '2025-05-02')";
	$before = FaultTown::content($node);
	($is_under_way, $ended) = FaultTown::killed($node, $victim, $bill);
	ok($is_under_way, 'a bill is under way');
	isnt($ended, 0, "the bill is gone with its $victim");
	is(FaultTown::content($node), $before, 'and has charged nobody');
	is((FaultTown::outcome($node, $bill))[0], '', 'sent again it goes through');
	FaultTown::outcome($node, $bill);
	is($node->safe_psql('postgres', "SELECT count(*) = count(DISTINCT unit_id), count(*) >= 400 FROM rui.charge WHERE lower(period) = '2025-05-01'"), 't|t', 'everybody is charged once');
}
is(FaultTown::problems($node), '', 'nothing is broken');

# ------------------------------------------------------------------ cancels
$node->safe_psql('postgres', q{
	CREATE TABLE public.lattice AS SELECT i * 200 + j AS node, array_remove(ARRAY[CASE WHEN i > 0 THEN (i - 1) * 200 + j END, CASE WHEN i < 199 THEN (i + 1) * 200 + j END,
		CASE WHEN j > 0 THEN i * 200 + j - 1 END, CASE WHEN j < 199 THEN i * 200 + j + 1 END], NULL)::bigint[] AS neighbours, 1 + (i * 7 + j * 13) % 5 AS load
	FROM generate_series(0, 199) i, generate_series(0, 199) j;
	CREATE TABLE public.area AS SELECT i * 90 + j AS id, ST_MakeEnvelope(118 + i * 0.001, 32 + j * 0.001, 118 + (i + 1) * 0.001, 32 + (j + 1) * 0.001, 4326) AS area
	FROM generate_series(0, 89) i, generate_series(0, 89) j;
	SELECT rui.seal_journal(1);
	SELECT rui.set_calendar(1, 'site', '{"tz":"Asia/Shanghai","weekly":{"mon":[["08:00","12:00"],["13:00","18:00"]],"thu":[["08:00","18:00"]]}}', from_at => '2025-01-01');
});
# So often that none ends before its limit; 120_fault_cancel cancels inside one call.
my $often = 'FROM generate_series(1, 100000) g, LATERAL';
my %long = (
	'rui.assign' => "SELECT max(s.found) $often (SELECT cardinality(rui.assign(t, w, (t * w * g) % 1009, 1)) AS found FROM generate_series(1, 400) t, generate_series(1, 400) w) s",
	'rui.partition' => "SELECT max(s.found) $often (SELECT cardinality(rui.partition(node, neighbours, load, 100 + g % 300)) AS found FROM public.lattice) s",
	'rui.gridmap' => "SELECT max(s.found) $often (SELECT octet_length(rui.gridmap(id + g, area)::text) AS found FROM public.area) s",
	'rui.gridmap_problems' => "SELECT max(s.found) $often (SELECT count(*) AS found FROM rui.gridmap_problems((SELECT rui.gridmap(id + g, area) FROM public.area)) OFFSET 0) s",
	'rui.distances' => "SELECT max(s.found) $often (SELECT cardinality(rui.distances(l.node, n, g, ARRAY(SELECT generate_series(1, 100)::bigint), ARRAY(SELECT generate_series(30000, 30100)::bigint))) AS found
		FROM public.lattice l, unnest(l.neighbours) n) s",
	'rui.catchment' => "SELECT max(s.found) $often (SELECT cardinality(rui.catchment(l.node, n, g)) AS found FROM public.lattice l, unnest(l.neighbours || NULL::bigint) n) s",
	'rui.components' => "SELECT max(s.found) $often (SELECT cardinality(rui.components(l.node, n + 0 * g)) AS found FROM public.lattice l, unnest(l.neighbours) n) s",
	'working time' => q{SELECT sum(rui.working_time(v.calendar, timestamptz '2025-01-01' + g * interval '1 minute', '2060-01-01')) FROM rui.calendar_version v, generate_series(1, 100000000) g WHERE v.code = 'site'},
	'clocks' => q{SELECT count(*) FROM rui.calendar_version v, generate_series(1, 100000000) g,
		LATERAL (SELECT rui.clock_switch(rui.clock_start(v.calendar, timestamptz '2025-01-01' + g * interval '1 minute', '30:00'), v.calendar, v.calendar, '2061-01-01') OFFSET 0) c(clock) WHERE v.code = 'site' AND c.clock IS NOT NULL},
	'rui.score' => q{SELECT count(rui.score('{"scale":"100","sections":[{"code":"a","weight":"1","items":[{"code":"x","weight":"1","kind":"rating","max":"5"}]}],"missing":"skip"}', jsonb_build_object('x', jsonb_build_object('value', (g % 5)::text))))
		FROM generate_series(1, 100000000) g},
	'rui.merkle_root' => "SELECT max(s.found) $often (SELECT octet_length(rui.merkle_root(int4send(n + g))) AS found FROM generate_series(1, 200000) n) s",
	'billing' => 'DO $$ BEGIN FOR i IN 1 .. 100000 LOOP PERFORM rui.run_billing(1, ' . "'2025-03-01', dry_run => true, at => '2025-03-02'" . '); END LOOP; END $$',
	'rui.verify_journal' => "SELECT max(s.found) $often (SELECT count(*) AS found FROM rui.verify_journal(1 + 0 * g)) s");
my $before = FaultTown::content($node);
for my $what (sort keys %long)
{
	my $began = time();
	my ($state, undef, $error) = FaultTown::outcome($node, "SET statement_timeout = '400ms'; $long{$what}");
	is($state, '57014', "$what stops when it is cancelled") or diag($error);
	note(sprintf '%s: %.2f s after its limit', $what, time() - $began - 0.4);
}
# One that would have written.
my ($state) = FaultTown::outcome($node, "BEGIN; SELECT count(*) FROM rui.run_billing(1, '2025-03-01', at => '2025-03-02'); SET LOCAL statement_timeout = '200ms'; SELECT pg_sleep(60); COMMIT");
is($state, '57014', 'a bill that is cancelled before it is committed');
is(FaultTown::content($node), $before, 'nothing has changed');

# ------------------------------------------------------------------ serializable
# Commands that each do something of their own, and some that meet: two of them
# bill, all number documents, write the journal and count in one project.
$node->safe_psql('postgres', q{
	CREATE TABLE public.job AS
	SELECT i AS id, CASE i % 6
		WHEN 0 THEN format($f$SELECT rui.open_ticket(1, 'general', 'need %s', unit_id => %s, request_key => 'j%s', at => '2025-04-02 09:00+00')$f$, i, u.id, i)
		WHEN 1 THEN format($f$SELECT rui.record_payment(1, %s, NULL, %s, 'cash', request_key => 'j%s', at => '2025-04-02 09:00+00')$f$, u.id, i + 0.25, i)
		WHEN 2 THEN format($f$SELECT rui.add_charge(1, 'repair', %s, %s, request_key => 'j%s', at => '2025-04-02 09:00+00')$f$, i, u.id, i)
		WHEN 3 THEN format($f$SELECT count(*) FROM rui.run_billing(1, '2025-04-01', at => '2025-04-02 09:00+00')$f$)
		WHEN 4 THEN format($f$SELECT rui.record_vacancy(1, %s, 'vacant', '2025-03-01', request_key => 'j%s', at => '2025-04-02 09:00+00')$f$, u.id, i)
		ELSE format($f$SELECT count(*) FROM rui.import_parties(1, '[{"code":"j%s","name":"J"}]', request_key => 'j%s', at => '2025-04-02 09:00+00')$f$, i, i) END AS command
	FROM generate_series(0, 47) i JOIN LATERAL (SELECT id FROM rui.unit ORDER BY id OFFSET i LIMIT 1) u ON true;
	-- Each client does its own, one after another, and notes in a table of its own how far it is.
	CREATE TABLE public.done_0 (id integer);
	CREATE TABLE public.done_1 (id integer);
	CREATE TABLE public.done_2 (id integer);
	CREATE TABLE public.done_3 (id integer);
	CREATE FUNCTION public.work(client integer) RETURNS void LANGUAGE plpgsql AS $$
	DECLARE
		turn integer;
		command text;
	BEGIN
		EXECUTE format('SELECT count(*) FROM public.done_%s', client) INTO turn;
		SELECT j.command INTO STRICT command FROM public.job j WHERE j.id = client + 4 * turn;
		EXECUTE command;
		EXECUTE format('INSERT INTO public.done_%s VALUES (%s)', client, turn);
	END$$;
});
$node->safe_psql('postgres', $_) for 'DROP TRIGGER hold ON rui.unit', 'DROP TRIGGER hold ON rui.charge', 'CREATE DATABASE alone TEMPLATE postgres';
my $folder = PostgreSQL::Test::Utils::tempdir();
append_to_file("$folder/together.sql", "BEGIN ISOLATION LEVEL SERIALIZABLE;\nSELECT public.work(:client_id);\nCOMMIT;\n");
append_to_file("$folder/alone.sql", "\\set turn :turn + 1\nSELECT public.work((:turn - 1) % 4);\n");
my ($said, $err) = run_command([ 'pgbench', '-n', '-c', '4', '-j', '2', '-t', '12', '--max-tries=1000', '-f', "$folder/together.sql", $node->connstr('postgres') ]);
like($said, qr/number of transactions actually processed: 48\/48/, 'four sessions, each transaction until it succeeds') or diag("$said$err");
note($said =~ /(number of transactions retried.*)/ ? $1 : $said);
($said, $err) = run_command([ 'pgbench', '-n', '-c', '1', '-t', '48', '-D', 'turn=0', '-f', "$folder/alone.sql", $node->connstr('alone') ]);
like($said, qr/number of transactions actually processed: 48\/48/, 'and one after another') or diag("$said$err");
my %same = (
	tickets => 'SELECT k.details, t.state, t.opened_at, t.unit_id FROM rui.ticket k JOIN rui.task t USING (id)',
	charges => 'SELECT o.source, o.unit_id, o.payer_id, o.fee_item_id, o.period, o.gross, o.paid, o.state FROM rui.charge_open o',
	payments => 'SELECT o.unit_id, o.amount, o.allocated, o.left_over, o.state FROM rui.payment_open o',
	balances => 'SELECT a.code, s.period, sum(CASE WHEN s.is_debit THEN s.amount ELSE -s.amount END) FROM rui.ledger_side s JOIN rui.account a ON a.id = s.account_id GROUP BY 1, 2',
	facts => 'SELECT f.unit_id, f.finding, f.valid, f.state FROM rui.vacancy_fact f',
	parties => 'SELECT p.code, p.name FROM rui.party p',
	numbers => 'SELECT n.series, count(*), max(n.number) FROM rui.document_number n GROUP BY 1',
	events => "SELECT e.kind, e.at, count(*) FROM rui.event e WHERE e.kind NOT IN ('billing.run', 'journal.seal') GROUP BY 1, 2");
for my $what (sort keys %same)
{
	my $sql = "SELECT string_agg(x::text, E'\\n' ORDER BY x::text COLLATE \"C\") FROM ($same{$what}) x";
	is($node->safe_psql('postgres', $sql), $node->safe_psql('alone', $sql), "$what are the same");
}
is(FaultTown::problems($node), '', 'nothing is broken');
done_testing();
