# Every rule of the catalog lint can fail: for each a bad object is put into the
# schema, and the lint names the rule and the object. A rule without one is a rule
# that nobody has seen fail.
use strict;
use warnings;
use Platform;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('lint');
Platform::init($node);
$node->append_conf('postgresql.conf', "jit = off\n");
$node->start;
$node->safe_psql('postgres', q{
	SET client_min_messages = warning;
	CREATE EXTENSION pgtap;
	CREATE EXTENSION plpgsql_check;
});

# What each rule says that the lint has, by the words of its test.
sub lint
{
	my ($out) = run_command([ 'psql', '-X', '-q', '-At', '-d', $node->connstr('postgres'), '-f', 'test/pgtap/catalog_lint.sql' ]);
	my (%is_red, %told, $last);
	for my $line (split /\n/, $out)
	{
		if ($line =~ /^(not )?ok \d+ - (.*)/) { $last = $2; $is_red{$last} = defined $1; $told{$last} = '' }
		elsif (defined $last) { $told{$last} .= "$line\n" }
	}
	return (\%is_red, \%told);
}

my ($is_red, $told) = lint();
my @rules = sort keys %$is_red;
cmp_ok(scalar @rules, '>', 50, 'the lint has its rules');
is(join("\n", map { "$_: $told->{$_}" } grep { $is_red->{$_} } @rules), '', 'and nothing to say of what is installed');

my $plain = q{LANGUAGE plpgsql AS 'BEGIN RETURN 1; END'};
my $fixed = q{LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS};
# By rule: what breaks it, and the name of what does.
my @bad = (
	[ 'every function has a comment', "CREATE FUNCTION rui.bad_silent() RETURNS integer $plain", 'bad_silent' ],
	[ 'every table and view has a comment', 'CREATE VIEW rui.bad_view AS SELECT 1 AS one', 'bad_view' ],
	[ 'every column has a comment', undef, 'bad_view' ],
	[ 'every type has a comment', 'CREATE DOMAIN rui.bad_domain AS text', 'bad_domain' ],
	[ 'every operator has a comment', 'CREATE OPERATOR rui.<+> (LEFTARG = box, RIGHTARG = box, FUNCTION = box_same)', '<+>' ],
	[ 'every operator class has a comment', 'CREATE OPERATOR CLASS rui.bad_class FOR TYPE path USING btree AS OPERATOR 1 <', 'bad_class' ],
	[ 'operator classes are complete', undef, 'bad_class' ],
	[ 'comparison operators name commutator, negator and estimators', 'CREATE OPERATOR rui.= (LEFTARG = box, RIGHTARG = box, FUNCTION = box_same)', '=(box,box)' ],
	[ 'every cast has a comment', 'CREATE CAST (box AS path) WITH INOUT; ALTER EXTENSION rui ADD CAST (box AS path)', 'path' ],
	[ 'every base type has a binary form', q{CREATE TYPE rui.bad_type;
		CREATE FUNCTION rui.bad_in(cstring) RETURNS rui.bad_type LANGUAGE internal IMMUTABLE STRICT AS 'textin';
		CREATE FUNCTION rui.bad_out(rui.bad_type) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
		CREATE TYPE rui.bad_type (INPUT = rui.bad_in, OUTPUT = rui.bad_out)}, 'bad_type' ],
	[ 'PUBLIC may call nothing', undef, 'bad_silent' ],
	[ 'a PL/pgSQL function fixes its path, with pg_temp last', undef, 'bad_silent' ],
	[ 'functions of the platform belong to rui_owner or rui_api', undef, 'bad_silent' ],
	[ 'a SECURITY DEFINER function fixes its path from pg_catalog to pg_temp', "CREATE FUNCTION rui.bad_definer(project_id bigint) RETURNS integer SECURITY DEFINER $plain", 'bad_definer' ],
	[ 'SECURITY DEFINER functions are of the platform and run as rui_api', undef, 'bad_definer' ],
	[ 'an API function asks for a permission', undef, 'bad_definer' ],
	[ 'an SQL function has a bound body or fixes its path', q{CREATE FUNCTION rui.bad_text() RETURNS integer LANGUAGE sql AS 'SELECT 1'}, 'bad_text' ],
	[ 'only comparisons of operator classes, and operators that support functions turn into them, are LEAKPROOF',
		'CREATE FUNCTION rui.bad_tight() RETURNS integer LANGUAGE sql LEAKPROOF RETURN 1', 'bad_tight' ],
	[ 'C functions have symbols of their own', q{CREATE FUNCTION rui.bad_symbol() RETURNS language_handler LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_call_handler'}, 'bad_symbol' ],
	[ 'trigger functions neither name their table by TG_ variables nor notify', "CREATE FUNCTION rui.bad_trigger() RETURNS trigger $fixed 'BEGIN RAISE NOTICE ''%'', tg_table_name; RETURN NULL; END'",
		'bad_trigger' ],
	[ 'the first argument of an API function is the project, or the company', "CREATE FUNCTION rui.bad_argument(x integer) RETURNS integer $fixed 'BEGIN RETURN x; END'", 'bad_argument' ],
	[ 'a number of rows that is asked for has a bound', "CREATE FUNCTION rui.bad_many(project_id bigint, row_limit integer) RETURNS integer $fixed 'BEGIN RETURN row_limit; END'", 'bad_many' ],
	[ 'no function takes an advisory lock', "CREATE FUNCTION rui._bad_lock() RETURNS void $fixed 'BEGIN PERFORM pg_advisory_lock(1); END'", '_bad_lock' ],
	[ 'none trusts a channel', "CREATE FUNCTION rui._bad_channel() RETURNS void $fixed 'BEGIN PERFORM pg_notify(''a'', ''b''); END'", '_bad_channel' ],
	[ 'a function that runs as its caller calls nothing that is closed to the caller',
		"CREATE FUNCTION rui.bad_call(project_id bigint) RETURNS void $fixed 'BEGIN PERFORM rui._check_instant(now()); END'", 'bad_call' ],
	[ 'what may read tables does not run in parallel workers', "CREATE FUNCTION rui._bad_worker() RETURNS integer STABLE PARALLEL SAFE $fixed 'BEGIN RETURN 1; END'", '_bad_worker' ],
	[ 'plpgsql_check has nothing to say', "CREATE FUNCTION rui._bad_body() RETURNS integer $fixed 'BEGIN RETURN (SELECT nothing FROM rui.project); END'", '_bad_body' ],
	[ 'rui.platform_table lists the tables, all of them and no others', q{CREATE TABLE rui.bad_table (id integer GENERATED ALWAYS AS IDENTITY, "select" text)}, 'bad_table' ],
	[ 'row security is enabled and forced on every table and partition', undef, 'bad_table' ],
	[ 'every table has a policy', undef, 'bad_table' ],
	[ 'every table has a primary key', undef, 'bad_table' ],
	[ 'tables, views and sequences belong to rui_owner', undef, 'bad_table' ],
	[ 'numbers given by sequences are bigint', undef, 'bad_table' ],
	[ 'no argument, column, state or action is a reserved word', undef, 'select' ],
	[ 'no function that returns rows is named as the plural of a table', 'CREATE FUNCTION rui.bad_tables() RETURNS SETOF integer LANGUAGE sql RETURN 1', 'bad_tables' ],
	[ 'the first column of a tenant table is project_id bigint NOT NULL', q{
		CREATE TABLE rui.bad_tenant (id bigint PRIMARY KEY, project_id bigint REFERENCES rui.project (id) ON DELETE SET NULL, payment_id bigint, paid_by bigint,
			FOREIGN KEY (payment_id, project_id) REFERENCES rui.payment (id, project_id));
		INSERT INTO rui.platform_table SELECT (jsonb_populate_record(t, '{"table_name":"bad_tenant"}')).* FROM rui.platform_table t WHERE t.table_name = 'payment'}, 'bad_tenant' ],
	[ 'keys of tenant tables begin with project_id', undef, 'bad_tenant' ],
	[ 'foreign keys stay within the project, or lead up to company and reference tables', undef, 'bad_tenant' ],
	[ 'no foreign key sets null or default', undef, 'bad_tenant' ],
	[ 'policies call functions of nothing or a constant only, in a scalar subselect', 'CREATE POLICY bad_row ON rui.unit FOR SELECT TO rui_manager USING (rui.has_permission(project_id, code))', 'bad_row' ],
	[ 'no policy lets people write', 'CREATE POLICY bad_write ON rui.unit FOR UPDATE TO rui_manager USING (project_id = ANY ((SELECT rui.my_projects())::bigint[]))', 'bad_write' ],
	[ 'a policy of people asks who acts', 'CREATE POLICY bad_open ON rui.unit FOR SELECT TO rui_manager USING (true)', 'bad_open' ],
	[ 'policies of group roles reach what the party is to that group', undef, 'bad_write' ],
	[ 'people use no sequence, and of a column nothing but reading is given', 'GRANT UPDATE (code) ON rui.unit TO rui_manager', 'unit' ],
	[ 'nothing is given by default of what is made later', 'ALTER DEFAULT PRIVILEGES IN SCHEMA rui GRANT SELECT ON TABLES TO rui_user', ',r,' ],
	[ 'views are security_invoker and security_barrier, and none is materialized', undef, 'bad_view' ],
	[ 'whoever reads a rule value reads it in a view as text, too', 'ALTER TABLE rui.unit ADD bad_rule rui.tariff', 'bad_rule' ],
	[ 'PUBLIC has no right on any table, view or sequence', 'GRANT SELECT ON rui.label TO PUBLIC', 'label' ],
	[ 'people read, rui_api writes, and nobody reaches a partition by its own name', 'GRANT TRUNCATE ON rui.unit TO rui_manager', 'TRUNCATE' ],
	[ 'only rui_owner creates in the schema, only rui_user uses it', 'GRANT CREATE ON SCHEMA rui TO rui_user', 'CREATE' ]);

my ($status, $error) = (0, '');
for my $bad (@bad)
{
	next unless defined $bad->[1];
	$status = $node->psql('postgres', "SET client_min_messages = warning;\n$bad->[1];", stderr => \$error, on_error_stop => 1);
	is($status, 0, "planted: $bad->[2]") or diag($error);
}
($is_red, $told) = lint();
for my $bad (@bad)
{
	my ($rule, undef, $name) = @$bad;
	ok($is_red->{$rule}, "$rule: seen") && like($told->{$rule}, qr/\Q$name\E/, 'and named');
}
my %tried = map { $_->[0] => 1 } @bad;
# What is counted, not forbidden.
$tried{'tables hold rule values'} = 1;
is(join("\n", grep { !$tried{$_} } @rules), '', 'every rule is tried');
done_testing();
