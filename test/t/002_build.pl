# The install script holds every file of sql/code and sql/platform, complete
# and in order; an error in a platform file names the file and its line.
use strict;
use warnings;
use File::Basename qw(basename);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my @code = sort glob 'sql/code/*.sql';
my @platform = sort glob 'sql/platform/*.sql';
my $script = slurp_file('build/rui--1.0.0.sql');
ok(@code > 2 && @platform > 2, 'there are files to look for');

# Put together here by the rule, not by the program under test.
my $header = '\echo Use "CREATE EXTENSION rui CASCADE" to load this file. \quit';
my $at = 0;
is(substr($script, 0, length $header), $header, 'the script does not run in psql');
my @last = grep { m{/99_} } @code;
is(scalar(@last), 1, 'one file of grants comes last');
for my $file (grep { !m{/99_} } @code)
{
	follows("\n-- file: $file\n" . slurp_file($file), "$file follows whole");
}
for my $file (@platform)
{
	my $name = basename($file, '.sql');
	my $text = slurp_file($file) =~ s/\n?\z/\n/r;
	follows("CREATE PROCEDURE rui._platform_$name() LANGUAGE plpgsql AS "
		. "\$rui_platform\$#variable_conflict use_column BEGIN $text" . "END\$rui_platform\$;\n",
		"$file follows whole, as a procedure");
}
follows("\n-- file: $last[0]\n" . slurp_file($last[0]), "$last[0] follows");
is($at, length $script, 'and nothing after it');
my @markers = $script =~ /^-- file: (.*)$/mg;
is_deeply(\@markers, [ (grep { !m{/99_} } @code), @platform, @last ], 'no other file is in it');

sub follows
{
	my ($text, $name) = @_;
	my $found = index $script, $text, $at;
	ok($found >= 0, $name);
	$at = $found + length $text if $found >= 0;
	return;
}

# The server has what the script says, in that order.
my $node = PostgreSQL::Test::Cluster->new('build');
$node->init;
$node->start;
$node->safe_psql('postgres', 'SET client_min_messages = warning; CREATE EXTENSION rui CASCADE');
is($node->safe_psql('postgres', 'SELECT array_to_string(rui._platform_files(), E\'\n\')'),
	join("\n", map { basename($_, '.sql') } @platform), 'create_platform calls all of them in order');

# An error in a file, put in at its third statement.
my $victim = $platform[int(@platform / 2)];
my $name = basename($victim, '.sql');
my $original = slurp_file($victim);

sub procedure_with
{
	my ($text) = @_;
	open my $out, '>', $victim or die "$victim: $!";
	print $out $text;
	close $out;
	my ($built, $said) = ('', '');
	my $built_well = IPC::Run::run([ 'scripts/build_sql' ], '>', \$built, '2>', \$said);
	open $out, '>', $victim or die "$victim: $!";
	print $out $original;
	close $out;
	return ($built_well, $said, $built =~ /^(CREATE PROCEDURE rui\._platform_$name\(\).*?^END\$rui_platform\$;)$/ms);
}

my @lines = split /^/, $original;
my @blank = grep { $lines[$_] eq "\n" } 0 .. $#lines;
my $line = $blank[-1] + 1;    # 1-based number of the last empty line
my @broken = @lines;
$broken[ $line - 1 ] = "PERFORM 1 / 0;\n";
my ($ok, $said, $procedure) = procedure_with(join '', @broken);
ok($ok && $procedure, "$victim builds with an error at line $line in it");
like(error_of($procedure), qr/division by zero.*_platform_${name}\(\) line $line at PERFORM/s,
	'it is reported with the file and its line');
is($node->safe_psql('postgres', q{SELECT rui.platform_version() IS NULL,
	count(*) FROM pg_class WHERE relnamespace = 'rui'::regnamespace AND relkind = 'r'}), 't|0',
	'nothing is half created');

$broken[ $line - 1 ] = "PERFROM 1;\n";
($ok, $said, $procedure) = procedure_with(join '', @broken);
like(error_of($procedure), qr/syntax error.*_platform_${name}\(\) line $line at SQL statement/s,
	'so is bad SQL');
$broken[ $line - 1 ] = "nowhere := 1;\n";
($ok, $said, $procedure) = procedure_with(join '', @broken);
like(error_of($procedure), qr/^LINE $line: .*_platform_$name" near line/ms, 'and bad PL\/pgSQL');

# As CREATE EXTENSION does it: bodies are read when they are called.
sub error_of
{
	my $err = '';
	$node->psql('postgres', 'BEGIN; SET LOCAL check_function_bodies = off; '
		. ($_[0] =~ s/^CREATE /CREATE OR REPLACE /r) . ' CALL rui.create_platform(); COMMIT;',
		stderr => \$err);
	return $err;
}

($ok, $said) = procedure_with("$original-- \$rui_platform\$\n");
ok(!$ok, 'a file with the quoting tag is not built');
like($said, qr/^\Q$victim\E: the quoting tag/m, 'and named');

$node->safe_psql('postgres', 'CALL rui.create_platform()');
is($node->safe_psql('postgres', 'SELECT rui.platform_version()'), '1.0.0', 'the whole files make a platform');
$node->stop;
done_testing;
