# The examples in the documentation run: every block fenced as "sql run", page by
# page, each page in a database of its own with the platform.
use strict;
use warnings;
use Platform;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('docs');
Platform::init($node);
$node->append_conf('postgresql.conf', "timezone = 'UTC'\n");
$node->start;

my $pages = 0;
for my $page (sort glob 'docs/*.md')
{
	open my $file, '<', $page or die "$page: $!";
	local $/;
	my $text = <$file>;
	my @blocks = $text =~ /^```sql run\n(.*?)^```/msg;
	next unless @blocks;
	my ($name) = $page =~ m{([\w-]+)\.md$};
	(my $database = "docs_$name") =~ s/\W/_/g;
	Platform::create_database($node, $database);
	my ($out, $err) = ('', '');
	my $code = $node->psql($database, join("\n", @blocks), stdout => \$out, stderr => \$err);
	is($code, 0, "$page: the examples run") or diag($err);
	$pages++;
}
cmp_ok($pages, '>', 1, 'there are pages with examples');
done_testing();
