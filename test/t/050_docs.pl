# The examples in the documentation run: every block fenced as "sql run", page by
# page, each page in a database of its own with the platform.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('docs');
$node->init;
$node->append_conf('postgresql.conf', "timezone = 'UTC'\n");
$node->start;
$node->safe_psql('postgres', 'CREATE DATABASE platform');
$node->safe_psql('platform', 'CREATE EXTENSION rui CASCADE; CALL rui.create_platform();');

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
	$node->safe_psql('postgres', "CREATE DATABASE $database TEMPLATE platform");
	my ($out, $err) = ('', '');
	my $code = $node->psql($database, join("\n", @blocks), stdout => \$out, stderr => \$err);
	is($code, 0, "$page: the examples run") or diag($err);
	$pages++;
}
cmp_ok($pages, '>', 1, 'there are pages with examples');
done_testing();
