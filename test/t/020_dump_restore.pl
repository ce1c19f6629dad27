# A platform with life in it survives dump and restore: every row, the
# triggers, policies, grants and next ids; and the restore itself leaves no
# trace in journal or events.
use strict;
use warnings;
use Platform;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $old = PostgreSQL::Test::Cluster->new('old');
Platform::init($old);
$old->append_conf('postgresql.conf', "timezone = 'UTC'\n");
$old->start;
# Two days of a community, through the public functions.
$old->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-v', 'month_start=2025-03-01', '-v', 'month_end=2025-03-03', '-v', 'bills=1',
		'-o', '/dev/null', '-f', 'demo/main.sql', $old->connstr('postgres') ], 'two days of life');

# Every table's content, order aside; sequences; and what guards them.
my %queries = (
	content => q{
		SELECT table_name || ' ' || (xpath('/row/n/text()', answer))[1] || ' ' || coalesce((xpath('/row/h/text()', answer))[1]::text, '')
		FROM (SELECT table_name, query_to_xml(format('SELECT count(*) AS n, sum(hashtextextended(t::text, 0)) AS h FROM rui.%I t',
				table_name), false, true, '') AS answer
			FROM rui.platform_table) AS counted ORDER BY 1},
	sequences => q{SELECT sequencename || ' ' || coalesce(last_value, 0) FROM pg_sequences WHERE schemaname = 'rui' ORDER BY 1},
	triggers => q{SELECT tgrelid::regclass || ' ' || pg_get_triggerdef(oid) || ' ' || tgenabled::text
		FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1},
	policies => q{SELECT p::text FROM pg_policies p ORDER BY 1},
	relations => q{SELECT c.oid::regclass || ' ' || c.relowner::regrole || ' ' || c.relrowsecurity || c.relforcerowsecurity || ' '
			|| coalesce((SELECT string_agg(a::text, ',' ORDER BY a::text) FROM unnest(c.relacl) a), '-') || coalesce(c.reloptions::text, '')
		FROM pg_class c WHERE c.relnamespace = 'rui'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'S') ORDER BY 1},
	functions => q{SELECT p.oid::regprocedure || ' ' || p.proowner::regrole || ' ' || md5(p.prosrc) || ' '
			|| coalesce((SELECT string_agg(a::text, ',' ORDER BY a::text) FROM unnest(p.proacl) a), '-') || coalesce(p.proconfig::text, '')
		FROM pg_proc p WHERE p.pronamespace = 'rui'::regnamespace ORDER BY 1},
	comments => q{SELECT pg_describe_object(classoid, objoid, objsubid) || md5(description)
		FROM pg_description WHERE classoid = 'pg_class'::regclass
			AND objoid IN (SELECT oid FROM pg_class WHERE relnamespace = 'rui'::regnamespace) ORDER BY 1},
);
my %before = map { $_ => $old->safe_psql('postgres', $queries{$_}) } keys %queries;
cmp_ok(() = $before{content} =~ /\n/g, '>', 30, 'there are tables to compare');
like($before{content}, qr/^journal [1-9]/m, 'the journal is not empty');
like($before{content}, qr/^ticket [1-9]/m, 'nor are the tickets');

my $dump = PostgreSQL::Test::Utils::tempdir();
$old->command_ok([ 'pg_dump', '-f', "$dump/plain.sql", $old->connstr('postgres') ], 'pg_dump, plain');
$old->command_ok([ 'pg_dump', '-Fd', '-j2', '-f', "$dump/folder", $old->connstr('postgres') ], 'pg_dump -Fd -j2');
$old->stop;

for my $way (qw(plain folder))
{
	# Another cluster: the roles are not in a dump, the extension makes them.
	my $new = PostgreSQL::Test::Cluster->new($way);
	$new->init;
	$new->append_conf('postgresql.conf', "timezone = 'UTC'\n");
	$new->start;
	if ($way eq 'plain')
	{
		$new->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null', '-f', "$dump/plain.sql", $new->connstr('postgres') ],
			'psql restores it');
	}
	else
	{
		$new->command_ok([ 'pg_restore', '-j2', '--exit-on-error', '-d', $new->connstr('postgres'), "$dump/folder" ],
			'pg_restore -j2 restores it');
	}
	for my $what (sort keys %queries)
	{
		is($new->safe_psql('postgres', $queries{$what}), $before{$what}, "$way: $what are equal");
	}
	# Life goes on: ids follow, triggers and policies work.
	my $more = $new->safe_psql('postgres', q{
		BEGIN;
		SELECT set_config('rui.party_id', party_id::text, true) FROM rui.membership WHERE role_code = 'loader' LIMIT 1;
		CREATE TEMP TABLE before_opening AS SELECT max(id) AS id, (SELECT count(*) FROM rui.journal) AS journaled FROM rui.ticket;
		SELECT rui.open_ticket(project_id, category => 'plumbing', details => 'after the restore', unit_id => id)
		FROM rui.unit ORDER BY id LIMIT 1;
		SELECT (SELECT max(id) FROM rui.ticket) > b.id, (SELECT count(*) FROM rui.journal) > b.journaled FROM before_opening b;
		COMMIT;});
	like($more, qr/^t\|t$/m, "$way: a new ticket gets a new id and is journaled");
	my ($code, $out, $err) = $new->psql('postgres', q{UPDATE rui.task SET state = 'closed'});
	like($err, qr/the state cannot be written directly/, "$way: state machines hold");
	($code, $out, $err) = $new->psql('postgres', q{UPDATE rui.event SET kind = 'x'});
	like($err, qr/never changed or removed/, "$way: events are append-only");
	is($new->safe_psql('postgres', 'SET ROLE rui_manager; SELECT count(*) FROM rui.unit'), '0', "$way: policies hold");
	is($new->safe_psql('postgres', 'CALL rui.create_platform(); SELECT rui.platform_version()'), $new->safe_psql('postgres',
			q{SELECT extversion FROM pg_extension WHERE extname = 'rui'}), "$way: the platform knows that it is there");
	$new->stop;
}
done_testing();
