# Duties of all projects, one after the other, each in its transaction; and
# pg_cron, where it is installed, to call them.
use strict;
use warnings;
use Platform;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('schedule');
Platform::init($node);
my $share = $node->config_data('--sharedir');
my $have_cron = -e "$share/extension/pg_cron.control";
$node->append_conf('postgresql.conf',
	"shared_preload_libraries = 'pg_cron'\ncron.database_name = 'postgres'\n") if $have_cron;
$node->start;
$node->safe_psql('postgres', q{
	SELECT rui.create_company('one', 'One', 'Li'), rui.create_company('two', 'Two', 'Wang');
	INSERT INTO rui.project (company_id, code, name) SELECT c.id, 'p' || n, 'P' FROM rui.company c, generate_series(1, 4) n;
	UPDATE rui.project SET last_action = 'go_live';
	UPDATE rui.project SET last_action = 'close' WHERE code IN ('p3', 'p4');
	UPDATE rui.project SET last_action = 'archive' WHERE code = 'p4';
});

# Runs statements, each in a transaction of its own.
sub run
{
	my (@statements) = @_;
	my ($out, $err) = ('', '');
	my $code = $node->psql('postgres', join(";\n", @statements), stdout => \$out, stderr => \$err, on_error_stop => 1);
	return ($code, $out, $err);
}
my $late = q{SELECT string_agg(DISTINCT project_id::text, ',') FROM rui.duty_board WHERE is_late};
my $all = $node->safe_psql('postgres', q{SELECT string_agg(id::text, ',' ORDER BY id::text) FROM (SELECT id FROM rui.project WHERE state <> 'archived' UNION ALL SELECT -id FROM rui.company UNION ALL SELECT 0) j});

is($node->safe_psql('postgres', $late), $all, 'before the first run all is late, companies and the installation too, but what is archived');
my ($code, $out, $err) = run('CALL rui.run_duties()');
is("$code$err", '0', 'all duties run, and archived projects are none to warn of');
is($node->safe_psql('postgres', $late), '', 'and none is late');
is($node->safe_psql('postgres', q{SELECT count(DISTINCT project_id) FROM rui.duty_run WHERE project_id > 0}), 6, 'archived projects rest');
is($node->safe_psql('postgres', q{SELECT string_agg(DISTINCT p.state, ',') FROM rui.duty_run r JOIN rui.project p ON p.id = r.project_id WHERE r.duty_code = 'dispatch'}), 'live',
	'in closed ones some duties do');
is($node->safe_psql('postgres', q{SELECT string_agg(concat_ws(' ', project_id, duty_code, failure), ',' ORDER BY project_id) FROM rui.duty_run WHERE project_id <= 0}), '-2 seal,-1 seal,0 seal',
	'companies and the installation have duties of their own');
is($node->safe_psql('postgres', q{SELECT count(*) FROM rui.party WHERE code = 'duty_runner'}), 2, 'each company has one runner');
($code, $out, $err) = run('BEGIN', 'CALL rui.run_duties()');
like($err, qr/invalid transaction termination/, 'not within a transaction: each project has its own');
($code, $out, $err) = run('CALL rui.run_duties(2, 1)');
like($err, qr/worker 2 of 1 is none/, 'a worker there is not');

# One project that cannot be ticked keeps no other waiting.
$node->safe_psql('postgres', q{
	UPDATE rui.duty_run SET last_at = '-infinity';
	CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'broken'; END$$;
	CREATE TRIGGER refuse BEFORE UPDATE ON rui.duty_run FOR EACH ROW WHEN (NEW.project_id = 1) EXECUTE FUNCTION public.refuse();
});
($code, $out, $err) = run('CALL rui.run_duties()');
like($err, qr/WARNING:  duties of project 1 failed: broken/, 'a project that fails as a whole is told');
is($node->safe_psql('postgres', $late), 1, 'the others are done');
$node->safe_psql('postgres', 'DROP TRIGGER refuse ON rui.duty_run');

($code, $out, $err) = run('SELECT rui.schedule()');
like($err, qr/pg_cron is not in this database/, 'without pg_cron a schedule is refused, and it is said how to get it');
SKIP:
{
	skip 'no pg_cron', 11 unless $have_cron;
	$node->safe_psql('postgres', 'CREATE EXTENSION pg_cron');
	is($node->safe_psql('postgres', 'SELECT rui.schedule(5, 2)'), 3, 'two workers, and one for sessions');
	is($node->safe_psql('postgres', 'SELECT rui.schedule()'), 2, 'scheduled anew');
	my $job = $node->safe_psql('postgres', q{SELECT schedule, command FROM cron.job WHERE active AND jobname = 'rui_duties_1'});
	is($job, '* * * * *|CALL rui.run_duties(1, 1)', 'one job, every minute');
	($code, $out, $err) = run((split /\|/, $job)[1]);
	is($code . $node->safe_psql('postgres', $late), '0', 'its command does what is due');
	is($node->safe_psql('postgres', 'SELECT rui.unschedule(); SELECT count(*) FROM cron.job'), "2\n0", 'taken back');

	# Whose session outstays its limit is ended by what was scheduled.
	$node->safe_psql('postgres', 'SELECT rui.schedule()');
	my $ends = $node->safe_psql('postgres', q{SELECT concat_ws('|', schedule, command, username) FROM cron.job WHERE jobname = 'rui_sessions'});
	like($ends, qr/^\* \* \* \* \*\|SELECT rui\.end_overdue_sessions\(\)\|/, 'every minute');
	is((split /\|/, $ends)[2], $node->safe_psql('postgres', 'SELECT current_user'), 'as who scheduled it');
	$node->safe_psql('postgres', q{CREATE ROLE slow LOGIN IN ROLE rui_manager; SELECT rui.limit_login('slow', idle_limit => '10 milliseconds')});
	my $idle = $node->background_psql('postgres', on_error_stop => 0, extra_params => [ '-U', 'slow' ]);
	$idle->query('SET idle_in_transaction_session_timeout = 0; BEGIN');
	# The clock goes on between two sessions; the command is the one of the job.
	ok($node->poll_query_until('postgres', (split /\|/, $ends)[1], '1'), 'its command ends a session that took its limit off');
	eval { $idle->quit };
	# A night watchman who is no superuser.
	$node->safe_psql('postgres', q{
		CREATE ROLE watchman LOGIN IN ROLE rui_owner;
		GRANT USAGE ON SCHEMA cron TO watchman;
	});
	my ($said, $warned) = ('', '');
	$node->psql('postgres', 'SELECT rui.schedule()', stdout => \$said, stderr => \$warned, extra_params => [ '-U', 'watchman' ]);
	is("$said", '1', 'who may not end sessions schedules the duties alone');
	like($warned, qr/WARNING:  sessions that outstay their limits are not ended by watchman/, 'and is told so');
	$node->safe_psql('postgres', 'GRANT pg_signal_backend, pg_read_all_stats TO watchman');
	is($node->safe_psql('postgres', 'SELECT rui.schedule()', extra_params => [ '-U', 'watchman' ]), '2', 'who may schedules both');
}
done_testing();
