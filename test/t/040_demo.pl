# The demo tells the same story every time it is asked.
use strict;
use warnings;
use Platform;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('demo');
Platform::init($node);
$node->append_conf('postgresql.conf', "timezone = 'UTC'\n");
$node->start;
my $folder = PostgreSQL::Test::Utils::tempdir();

sub play
{
	my ($name, $seed) = @_;
	Platform::create_database($node, $name);
	$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-v', 'month_start=2025-03-01',
			'-v', 'month_end=2025-03-02', '-v', 'bills=1', '-v', "seed=$seed", '-v', "report=$folder/$name.html",
			'-o', "$folder/$name.txt", '-f', 'demo/main.sql', $node->connstr($name) ], "$name: a day of life");
	return (slurp_file("$folder/$name.txt"), slurp_file("$folder/$name.html"));
}

my ($first_text, $first_page) = play('first', 1);
my ($second_text, $second_page) = play('second', 1);
my ($other_text, $other_page) = play('other', 2);
is($second_text, $first_text, 'the same seed, the same summary');
is($second_page, $first_page, 'and the same page');
isnt($other_text, $first_text, 'another seed, another story');
like($first_page, qr{</html>\n}, 'the page is whole');
done_testing();
