# A browser opens the report: map and plots hold the right numbers, and
# hostile names stay names.
use strict;
use warnings;
use utf8;
use Platform;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use File::Temp qw(tempdir);

my ($browser) = grep { -x } map { ("/usr/bin/$_") } qw(chromium chromium-browser google-chrome);
plan skip_all => 'skipped: no chromium' unless $browser;

my $node = PostgreSQL::Test::Cluster->new('report');
Platform::init($node);
$node->append_conf('postgresql.conf', "timezone = 'UTC'\n");
$node->start;
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-v', 'month_start=2025-03-01',
		'-v', 'month_end=2025-03-04', '-v', 'bills=1', '-o', '/dev/null', '-f', 'demo/main.sql',
		$node->connstr('postgres') ], 'three days of life');

# Names that would like to be more.
my $script = q{<script>document.title='owned'</script>};
my $image = q{"><img src=x onerror="document.title='owned'">};
$node->safe_psql('postgres', qq{
	UPDATE rui.project SET name = \$\$Town $script\$\$;
	UPDATE rui.ticket_category SET name_en = \$\$Pipes $image\$\$ WHERE code = 'plumbing';
	UPDATE rui.party SET code = \$\$S01'"<b onmouseover=alert(1)>\$\$ WHERE code = 'S01';
});
my $identity = q{SELECT set_config('rui.party_id', party_id::text, true)
	FROM rui.membership WHERE role_code = 'loader' LIMIT 1;};
my $span = q{(SELECT id FROM rui.project), '2025-03-01 00:00+08', '2025-03-04 00:00+08'};
sub answer
{
	my ($query) = @_;
	my $out = $node->safe_psql('postgres', "BEGIN; $identity $query; COMMIT;");
	$out =~ s/^[^\n]*\n?//; # the identity
	return $out;
}

my $folder = tempdir(CLEANUP => 1);
my $page = "$folder/report.html";
open my $file, '>:encoding(UTF-8)', $page or die $!;
print $file answer("SELECT rui.report_html($span)");
close $file;

my $dom = '';
my $noise = '';
local $ENV{HOME} = $folder;
IPC::Run::run([ $browser, '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
		'--disable-background-networking', '--disable-component-update', '--disable-sync',
		"--user-data-dir=$folder/profile", '--virtual-time-budget=2000', '--dump-dom', "file://$page" ],
	'>', \$dom, '2>', \$noise, IPC::Run::timeout(120));
utf8::decode($dom);

like($dom, qr{<title>Town &lt;script&gt;}, 'the title is the hostile name, as text');
unlike($dom, qr{<title>owned}, 'no script has run');
unlike($dom, qr{<script|<img|<b }, 'the page has no element from a name');
unlike($dom, qr{https?://(?!www\.w3\.org)}, 'the page asks for nothing from a network');

# What the page shows is what the figures say.
sub shown
{
	my ($pattern) = @_;
	my @found = $dom =~ /$pattern/g;
	return join "\n", sort @found;
}
sub figures
{
	my ($query) = @_;
	return join "\n", sort split /\n/, answer($query);
}
is(shown(qr{data-grid="(\d+" data-load="\d+)"}),
	figures(qq{SELECT grid_id || '" data-load="' || tickets FROM rui.report_grids($span)}),
	'the map has every grid with its load');
my $days = figures(qq{SELECT code || '" data-count="' || clocks || '" data-share="' || coalesce(share::text, '')
	FROM rui.report_attainment($span, 'resolution', 'day')});
is(shown(qr{data-day="([0-9-]+" data-count="[1-9]\d*" data-share="[0-9.]*)"}), $days, 'the days are right');
is(scalar(() = $dom =~ /data-day="/g), 3, 'one for each day');
my ($categories) = $dom =~ m{<section id="by_category">(.*?)</section>}s;
is(join("\n", sort $categories =~ /data-key="([a-z_]+" data-value="[0-9.]+)"/g),
	figures(qq{SELECT code || '" data-value="' || coalesce(round(share * 100, 1), 0)
		FROM rui.report_attainment($span, 'resolution', 'category')}), 'the categories are right');
like($categories, qr{Pipes &quot;&gt;&lt;img|Pipes "&gt;&lt;img}, 'with their names as they are');
my ($arrears) = $dom =~ m{<section id="arrears">(.*?)</section>}s;
is(join("\n", sort $arrears =~ /data-key="([^"]+" data-value="[0-9.]+)"/g),
	figures(q{SELECT age || '" data-value="' || amount
		FROM rui.report_arrears((SELECT id FROM rui.project), '2025-03-04 00:00+08')}), 'the arrears are right');
my ($opened) = $dom =~ m{data-figure="opened"><b>(\d+)<};
is($opened, answer(qq{SELECT opened FROM rui.report_tickets($span)}), 'so are the tickets');
cmp_ok($opened, '>', 20, 'and there are some');

# The summary fits a terminal.
my @lines = split /\n/, answer("SELECT rui.report_summary($span)");
cmp_ok(scalar @lines, '>', 20, 'the summary has lines');
is(scalar(grep { my $line = $_; utf8::decode($line); length $line > 100 } @lines), 0, 'none longer than 100 characters');
done_testing();
