# A blow in the midst of a command: after so many statements that write, their
# session is cancelled, terminated or killed, or the whole server is. A session
# asks for it by
#   SET strike.kind = 'cancel', 'terminate', 'kill' or 'server'; SET strike.times = N
package Strike;
use strict;
use warnings;

# Count the statements (such as INSERT OR UPDATE) on these tables of rui, or on all.
sub arm
{
	my ($node, $database, $statements, @tables) = @_;
	my $which = @tables ? "= ANY ('{" . join(',', @tables) . "}')" : 'IS NOT NULL';
	$node->safe_psql($database, qq{
		CREATE FUNCTION public.strike() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS \$\$
		DECLARE
			times integer := coalesce(nullif(current_setting('strike.times', true), '')::integer, 0);
			pid integer := pg_backend_pid();
		BEGIN
			IF times > 0 THEN
				PERFORM set_config('strike.times', (times - 1)::text, false);
			END IF;
			IF times = 1 AND current_setting('strike.kind') = 'cancel' THEN
				PERFORM pg_cancel_backend(pid);
			ELSIF times = 1 AND current_setting('strike.kind') = 'terminate' THEN
				PERFORM pg_terminate_backend(pid);
			ELSIF times = 1 AND current_setting('strike.kind') = 'server' THEN
				-- The postmaster, and this backend, which would not notice before it commits.
				EXECUTE format('COPY (SELECT) TO PROGRAM %L', 'kill -9 ' || split_part(pg_read_file('postmaster.pid'), E'\n', 1) || ' ' || pid);
			ELSIF times = 1 THEN
				EXECUTE format('COPY (SELECT) TO PROGRAM %L', 'kill -9 ' || pid);
			END IF;
			RETURN NULL;
		END\$\$;
		DO \$\$
		DECLARE
			t regclass;
		BEGIN
			FOR t IN SELECT c.oid FROM pg_class c
				WHERE c.relnamespace = 'rui'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname::text $which
			LOOP
				EXECUTE format('CREATE TRIGGER strike AFTER $statements ON %s EXECUTE FUNCTION public.strike()', t);
			END LOOP;
		END\$\$;
	});
	return;
}

1;
