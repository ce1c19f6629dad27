# A town with so many homes that bills, for tests of what befalls a server; and
# what one looks at afterwards.
package FaultTown;
use strict;
use warnings;
use PostgreSQL::Test::Utils;
use Time::HiRes;

sub settle
{
	my ($node, $homes) = @_;
	$node->safe_psql('postgres', qq{
		SELECT rui.create_company('acme', 'Acme', 'Li', session_user::name);
		INSERT INTO rui.company_member (company_id, party_id, role_code, valid)
		SELECT 1, 1, r, tstzrange('2000-01-01 00:00+00', NULL) FROM unnest('{loader,manager,accountant,auditor}'::text[]) r;
		SELECT rui.create_project(1, 'town', 'Town', 'UTC');
		SELECT rui.set_project_state(1, 'go_live');
		SELECT count(*) FROM rui.import_parties(1, (SELECT jsonb_agg(jsonb_build_object('code', 'p' || i, 'name', 'P' || i)) FROM generate_series(1, 20) i));
		SELECT count(*) FROM rui.import_buildings(1, '[{"code":"b1","floors":9,"footprint":"SRID=4326;POLYGON((118.8 32.05,118.801 32.05,118.801 32.051,118.8 32.05))"}]');
		SELECT count(*) FROM rui.import_units(1, (SELECT jsonb_agg(jsonb_build_object('code', 'u' || i, 'building', 'b1', 'area_m2', 50 + i % 90)) FROM generate_series(1, $homes) i));
		SELECT count(*) FROM rui.import_ownerships(1, (SELECT jsonb_agg(jsonb_build_object('unit', 'u' || i, 'from', '2015-01-01',
			'owners', jsonb_build_array(jsonb_build_object('party', 'p' || 1 + i % 20)))) FROM generate_series(1, $homes) i));
		SELECT rui.open_books(1, '2025-01-01', '2025-01-01');
		SELECT rui.set_fee_item(1, 'property', 'Property');
		SELECT rui.set_fee_item(1, 'repair', 'Repairs', 'occupant', '6051');
		SELECT rui.set_price_plan(1, 'property', '{"model":"fixed","price":"2.85","tax":{"rate":"0.06","inclusive":true}}', 'area', '2025-01-01');
		SELECT rui.set_price_plan(1, 'repair', '{"model":"fixed","price":"1"}', 'once', '2025-01-01');
		SELECT rui.set_ticket_category(1, 'general', 'general', 'general');
		SELECT rui.set_sla_policy(1, 'always', response => '1:00', from_at => '2025-01-01');
	});
}

# One hash over all rows of the platform.
sub content
{
	my ($node) = @_;
	return $node->safe_psql('postgres', slurp_file('test/pgtap/fixture/content.sql') . "SELECT pg_temp.content();");
}

# What is wrong: broken invariants, and what the seals of the project, of what
# belongs to nobody and of the company find.
sub problems
{
	my ($node) = @_;
	return $node->safe_psql('postgres', q{
		SELECT v.invariant || ': ' || v.detail FROM rui.invariant_violation v
		UNION ALL SELECT concat_ws(' ', j.finding, j.table_name, j.detail) FROM generate_series(-1, 1) n, rui.verify_journal(n) j WHERE j.finding <> 'verified'});
}

# (SQLSTATE or '', what came out) of a statement in a session of its own.
sub outcome
{
	my ($node, $sql) = @_;
	my ($out, $err) = ('', '');
	$node->psql('postgres', $sql, stdout => \$out, stderr => \$err, on_error_stop => 1, extra_params => [ '-v', 'VERBOSITY=verbose' ]);
	return ($err =~ /(?:ERROR|FATAL|PANIC):  (\w{5}):/ ? $1 : '', $out, $err);
}

# Lets whoever sets hold.is_on wait after it has written rows of a table, for
# killed to come.
sub hold
{
	my ($node, $table) = @_;
	$node->safe_psql('postgres', qq{
		CREATE OR REPLACE FUNCTION public.hold() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS \$\$
		BEGIN
			IF current_setting('hold.is_on', true) = '1' THEN
				PERFORM pg_advisory_xact_lock(77);
			END IF;
			RETURN NULL;
		END\$\$;
		CREATE TRIGGER hold AFTER INSERT ON $table EXECUTE FUNCTION public.hold();
	});
}

# Runs a statement until it waits in hold, kills its backend, or the whole
# server, with SIGKILL, and comes back when the server does. Whether the
# statement was under way, and how its client ended (0: as if nothing were).
sub killed
{
	my ($node, $victim, $sql) = @_;
	my $waiting = "FROM pg_locks WHERE locktype = 'advisory' AND objid = 77 AND NOT granted";
	my $holder = $node->background_psql('postgres', on_error_stop => 0);
	$holder->query_safe('SELECT pg_advisory_lock(77)');
	my $pid = fork() // die "fork: $!";
	if ($pid == 0) { exec 'psql', '-X', '-q', '-At', '-o', '/dev/null', '-d', $node->connstr('postgres'), '-c', "SET hold.is_on = '1'", '-c', $sql }
	unless ($node->poll_query_until('postgres', "SELECT true $waiting"))
	{
		kill 'TERM', $pid;
		waitpid $pid, 0;
		eval { $holder->quit };
		return (0, 0);
	}
	my $worker = $node->safe_psql('postgres', "SELECT pid $waiting");
	if ($victim eq 'backend') { kill 'KILL', $worker }
	else
	{
		$node->kill9;
		# Not before the last backend has noticed.
		for (1 .. 100)
		{
			last if $node->start(fail_ok => 1);
			Time::HiRes::sleep(0.1);
			$node->stop('fast', fail_ok => 1);
		}
	}
	waitpid $pid, 0;
	my $ended = $?;
	eval { $holder->quit };
	$node->poll_query_until('postgres', 'SELECT true') or die 'the server did not come back';
	return (1, $ended);
}

1;
