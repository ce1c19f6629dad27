# What installing promises: it refuses a ground it cannot trust and says the
# way out, repeats without effect, and is refused to be taken away under data.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('install');
$node->init;
$node->start;
my $databases = 0;
my $required = 'SET client_min_messages = warning; CREATE EXTENSION postgis; CREATE EXTENSION btree_gist;';
$node->safe_psql('postgres', 'CREATE DATABASE ground TEMPLATE template0');
$node->safe_psql('ground', $required);

# A fresh database with what rui requires, prepared by some statements as the
# superuser.
sub database
{
	my ($prepare, $options) = @_;
	my $name = 'install_' . ++$databases;
	$node->safe_psql('postgres', "CREATE DATABASE $name TEMPLATE " . ($options // 'ground'));
	$node->safe_psql($name, $required) if defined $options;
	$node->safe_psql($name, $prepare) if $prepare ne '';
	return $name;
}

# The statement fails with this SQLSTATE and all these texts in its message,
# detail or hint.
sub refused
{
	my ($database, $statement, $sqlstate, $texts, $name, $user) = @_;
	my $err = '';
	my $status = $node->psql($database, "\\set VERBOSITY verbose\n$statement;", stderr => \$err,
		on_error_stop => 1, extra_params => [ defined $user ? ('-U', $user) : () ]);
	my @missing = grep { $err !~ $_ } (qr/ERROR:\s+$sqlstate:/, @$texts);
	ok($status != 0 && !@missing, $name)
	  or diag("missing: @missing\nin: " . ($status == 0 ? '(it succeeded)' : $err));
	return;
}

# The platform and the roles as a text that any change would alter.
sub fingerprint
{
	my ($database) = @_;
	return $node->safe_psql($database, q{
		SELECT md5(string_agg(line, E'\n' ORDER BY line)) FROM (
			SELECT concat_ws(' ', pg_describe_object(d.classid, d.objid, d.objsubid), d.deptype) AS line
			FROM pg_depend d WHERE d.refclassid = 'pg_namespace'::regclass AND d.refobjid = 'rui'::regnamespace
			UNION ALL SELECT concat_ws(' ', oid, relname, xmin, relacl, reltriggers) FROM
				(SELECT c.oid, c.relname, c.xmin, c.relacl, c.relhastriggers AS reltriggers FROM pg_class c
				WHERE c.relnamespace = 'rui'::regnamespace) r
			UNION ALL SELECT concat_ws(' ', oid, proname, xmin, proacl, proowner) FROM pg_proc
				WHERE pronamespace = 'rui'::regnamespace
			UNION ALL SELECT concat_ws(' ', 'policy', polrelid, polname, xmin) FROM pg_policy
			UNION ALL SELECT concat_ws(' ', 'trigger', tgrelid, tgname, xmin) FROM pg_trigger
			UNION ALL SELECT concat_ws(' ', 'role', rolname, rolsuper, rolcanlogin, rolbypassrls) FROM pg_roles
			UNION ALL SELECT concat_ws(' ', 'member', roleid, member) FROM pg_auth_members
			UNION ALL SELECT concat_ws(' ', 'schema', nspacl) FROM pg_namespace WHERE nspname = 'rui'
			UNION ALL SELECT concat_ws(' ', 'rows', query_to_xml('SELECT * FROM rui.platform', true, false, ''))
			UNION ALL SELECT concat_ws(' ', 'rows', query_to_xml('SELECT * FROM rui.transition', true, false, ''))
		) AS lines});
}

my $install = 'CREATE EXTENSION rui';

# Roles are of the whole cluster: bad ones stop the first install.
for my $attribute ('LOGIN', 'SUPERUSER', 'BYPASSRLS')
{
	$node->safe_psql('postgres', "CREATE ROLE rui_api $attribute");
	refused(database(''), $install, '55000', [ qr/rui_api/, qr/HINT:.*ALTER ROLE rui_api NO/ ],
		"a role rui_api with $attribute is refused");
	$node->safe_psql('postgres', 'DROP ROLE rui_api');
}
is($node->safe_psql('postgres', q{SELECT count(*) FROM pg_roles WHERE rolname LIKE 'rui\_%'}), '0',
	'a refused install leaves no role behind');

# The schema.
$node->safe_psql('postgres', 'CREATE ROLE mallory LOGIN; CREATE ROLE boss SUPERUSER');
refused(database('CREATE SCHEMA rui AUTHORIZATION mallory'), $install, '42501',
	[ qr/not owned by a superuser/, qr/HINT:/ ], 'a schema of a non-superuser is refused');
refused(database('CREATE SCHEMA rui; GRANT CREATE ON SCHEMA rui TO PUBLIC'), $install, '42501',
	[ qr/lets PUBLIC create/, qr/HINT:/ ], 'a schema in which PUBLIC creates is refused');
refused(database('CREATE SCHEMA rui; GRANT CREATE ON SCHEMA rui TO mallory'), $install, '42501',
	[ qr/lets mallory create/, qr/HINT:/ ], 'a schema in which somebody creates is refused');
my %objects = (
	function => 'CREATE FUNCTION rui.label(text, text, text) RETURNS text LANGUAGE sql AS $$SELECT $1$$',
	table => 'CREATE TABLE rui.party (id bigint)',
	view => 'CREATE VIEW rui.v AS SELECT 1 AS one',
	type => q{CREATE TYPE rui.mood AS ENUM ('good')},
	sequence => 'CREATE SEQUENCE rui.s',
	operator => 'CREATE OPERATOR rui.### (FUNCTION = int4pl, LEFTARG = int, RIGHTARG = int)',
	collation => q{CREATE COLLATION rui.c (locale = 'C')},
	'default acl' => 'ALTER DEFAULT PRIVILEGES IN SCHEMA rui GRANT EXECUTE ON FUNCTIONS TO mallory',
	extension => 'CREATE EXTENSION citext SCHEMA rui');
for my $kind (sort keys %objects)
{
	refused(database("CREATE SCHEMA rui; $objects{$kind}"), $install, '55000',
		[ qr/already holds/, qr/HINT:.*ALTER SCHEMA rui RENAME/ ], "a schema that holds a $kind is refused");
}
for my $empty ('CREATE SCHEMA rui', 'CREATE SCHEMA rui AUTHORIZATION boss',
	'CREATE SCHEMA rui; GRANT USAGE ON SCHEMA rui TO PUBLIC')
{
	my $database = database($empty);
	$node->safe_psql($database, $install);
	is($node->safe_psql($database, q{SELECT extversion FROM pg_extension WHERE extname = 'rui'}), '1.0.0',
		"accepted: $empty");
	is($node->safe_psql($database, q{SELECT has_schema_privilege('mallory', 'rui', 'USAGE')}), 'f',
		'and the schema is closed to others');
}
refused(database('', q{template0 ENCODING 'LATIN1' LOCALE 'C'}), $install, '55000',
	[ qr/LATIN1/, qr/HINT:.*UTF8/ ], 'a database that cannot hold every text is refused');
refused(database(''), $install, '42501', [], 'only a superuser installs', 'mallory');

# The platform.
my $database = database($install);
is($node->safe_psql($database, 'SELECT rui.platform_version() IS NULL'), 't', 'no platform has no version');
$node->safe_psql($database, 'GRANT USAGE ON SCHEMA rui TO mallory');
refused($database, 'CALL rui.create_platform()', '42501', [], 'only a superuser creates the platform', 'mallory');
$node->safe_psql($database, 'REVOKE USAGE ON SCHEMA rui FROM mallory');
refused($database, 'CALL rui.upgrade_platform()', '55000', [ qr/HINT:.*create_platform/ ],
	'nothing is upgraded before there is a platform');
$node->safe_psql($database, 'SET search_path = nowhere; SET TimeZone = \'Asia/Kathmandu\';'
	. ' SET standard_conforming_strings = off; CALL rui.create_platform()');
is($node->safe_psql($database, 'SELECT rui.platform_version()'), '1.0.0', 'the platform has the version of the extension');
my $before = fingerprint($database);
is($node->safe_psql($database, q{SET search_path = nowhere; CALL rui.create_platform();
	SHOW search_path; SELECT current_user = session_user}), "nowhere\nt", 'a second call leaves the session as it was');
$node->safe_psql($database, 'CALL rui.upgrade_platform(); SELECT rui.create_roles()');
is(fingerprint($database), $before, 'and changes nothing, nor do upgrade_platform and create_roles');
my $other = database('');
$node->safe_psql($other, "$install; CALL rui.create_platform()");
is($node->safe_psql($other, 'SELECT rui.platform_version()'), '1.0.0', 'a second database of the cluster gets its own');
is($node->safe_psql($database, q{SELECT count(*) FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
	JOIN pg_class c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid
	WHERE e.extname = 'rui' AND d.deptype = 'e' AND c.relkind IN ('r', 'p', 'v', 'S')}), '0',
	'no table belongs to the extension');

# Taking it away.
refused($database, 'DROP EXTENSION rui', '2BP01', [ qr/depend/ ], 'the extension stays while the platform is there');
$node->safe_psql($database, q{SET client_min_messages = error;
	INSERT INTO rui.company (code, name) VALUES ('kept', 'Kept');
	DROP EXTENSION rui CASCADE});
is($node->safe_psql($database, q{SELECT code FROM rui.company}), 'kept', 'CASCADE leaves the rows');
refused($database, $install, '55000',
	[ qr/already holds/, qr/HINT:.*ALTER SCHEMA rui RENAME TO rui_old.*DROP SCHEMA rui CASCADE/s ],
	'a re-install over them is refused with the way out');
$node->safe_psql($database, "ALTER SCHEMA rui RENAME TO rui_old; $install; CALL rui.create_platform()");
is($node->safe_psql($database, 'SELECT (SELECT count(*) FROM rui.company), code FROM rui_old.company'), '0|kept',
	'the way out leads out: renamed');
$node->safe_psql($database, "SET client_min_messages = error; DROP SCHEMA rui CASCADE; $install; CALL rui.create_platform()");
is($node->safe_psql($database, 'SELECT rui.platform_version()'), '1.0.0', 'the way out leads out: dropped');

$node->stop;
done_testing;
