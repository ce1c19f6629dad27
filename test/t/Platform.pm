# Servers that have the platform in their database "postgres": to make it takes
# longer than many a test, so the first test that asks makes it once for all of
# them, and each gets a copy of those files, with settings of its own.
package Platform;
use strict;
use warnings;
use File::Path qw(remove_tree);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;

# In place of $node->init, with the same arguments but for those of initdb.
sub init
{
	my ($node, %how) = @_;
	my $made = "$PostgreSQL::Test::Utils::tmp_check/platform";
	my $data = $node->data_dir;

	make($made) unless -d $made;
	$node->init(%how);
	rename $data, "$data.init" or die "$data: $!";
	PostgreSQL::Test::Utils::system_or_bail('cp', '-a', $made, $data);
	for my $file (qw(postgresql.conf pg_hba.conf pg_ident.conf))
	{
		rename "$data.init/$file", "$data/$file" or die "$data/$file: $!";
	}
	remove_tree("$data.init");
	return;
}

sub make
{
	my ($made) = @_;
	my $node = PostgreSQL::Test::Cluster->new('platform');
	$node->init;
	$node->append_conf('postgresql.conf', "timezone = 'UTC'\njit = off\nmin_wal_size = '32MB'\nmax_wal_size = '64MB'\n");
	$node->start;
	$node->safe_psql('postgres', 'CREATE EXTENSION rui CASCADE; CALL rui.create_platform();');
	$node->stop;
	rename $node->data_dir, $made or die "$made: $!";
	return;
}

# Another database with the platform, where nobody is connected to "postgres".
sub create_database
{
	my ($node, $name) = @_;
	$node->safe_psql('template1', "CREATE DATABASE $name TEMPLATE postgres");
	return;
}

1;
