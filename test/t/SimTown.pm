# The town of 110_sim.pl: an estate, its people, what is promised and what it costs.
package SimTown;
use strict;
use warnings;
use Sim;
use Strike;

our @categories = ([ leak => 'plumbing', 'repair' ], [ power => 'electric', 'repair' ], [ lift => 'lift', '' ], [ noise => '', '' ], [ enquiry => '', '' ]);
my @staff = ([ s1 => 'steward' ], [ s2 => 'steward' ], [ s3 => 'steward' ], [ t1 => 'staff', 'plumbing', 'electric' ], [ t2 => 'staff', 'electric', 'lift' ], [ t3 => 'staff', 'plumbing', 'lift' ],
	[ m1 => 'manager' ], [ m2 => 'manager' ], [ a1 => 'agent' ], [ c1 => 'accountant' ], [ c2 => 'accountant' ], [ u1 => 'auditor' ], [ g1 => 'messenger' ], [ d1 => 'duty_runner' ], [ loader => 'loader' ]);
my %group = (steward => 'rui_steward', staff => 'rui_staff', manager => 'rui_manager', agent => 'rui_agent', accountant => 'rui_manager', auditor => 'rui_auditor',
	messenger => 'rui_user', duty_runner => 'rui_user', loader => 'rui_manager', director => 'rui_manager');

# What only who owns the server does; then logins for everybody.
sub found
{
	my ($node, $first, $months) = @_;
	my $first_month = substr(Sim->day($first - 31 * 86400), 0, 8) . '01';
	Platform::create_database($node, 'quiet');
	my $members = join "\n", map { "CREATE ROLE $_->[0] LOGIN IN ROLE $group{$_->[1]};" } [ 'director', 'director' ], @staff;
	$node->safe_psql('quiet', qq{
		SET client_min_messages = warning;
		$members
		CREATE ROLE gateway LOGIN;
		GRANT rui_gateway, rui_resident TO gateway;
		SELECT rui.create_partitions('$first_month', $months);
		SELECT rui.create_company('acme', 'Acme', 'Director', 'director');
		INSERT INTO rui.gateway (company_id, login) VALUES (1, 'gateway');
		-- A simulation: everybody may say when something happened.
		INSERT INTO rui.role_permission (role_code, permission) SELECT DISTINCT role_code, 'set_time' FROM rui.role_permission ON CONFLICT DO NOTHING;
	});
	Strike::arm($node, 'quiet', 'INSERT OR UPDATE OR DELETE');
}

# Loads the town through the API, as its director and its loader.
sub settle
{
	my ($sim, $first, $days) = @_;
	my $from = $sim->day($first - 40 * 86400);
	my $books = substr($sim->day($first - 31 * 86400), 0, 7) . '-01';
	my $at = ', at => ' . $sim->at($first - 30 * 86400);
	my $director = $sim->{actor}{director};
	$sim->look($director, "SELECT rui.create_project(1, 'town', 'Town', 'Asia/Shanghai')");
	# Who is not hired: the loader and the machines.
	my @unhired = grep { $_->[1] =~ /^(?:loader|messenger|duty_runner)$/ } @staff;
	accepted($sim, $director, q{rui.import_parties(1, '[} . join(',', map { sprintf '{"code":"%s","name":"%s"}', $_->[0], ucfirst $_->[0] } @unhired) . "]')");
	$sim->look($director, "SELECT rui.grant_role(1, p.id, '$_->[1]', '2000-01-01') FROM rui.party p WHERE p.code = '$_->[0]'") for @unhired;
	my $rows = join ',', map {
		my ($code, $role, @skills) = @$_;
		sprintf '{"code":"%s","name":"%s","staff_no":"%s","from":"2020-01-01","role":"%s","phone":"139%08d","qualifications":[%s]}', $code, uc $code, $code, $role, ord($code) * 100 + ord(substr $code, 1),
		  join ',', map { qq({"code":"$_"}) } @skills } grep { my $code = $_->[0]; !grep { $_->[0] eq $code } @unhired } @staff;
	accepted($sim, $director, "rui.import_staff(1, '[$rows]'$at)");
	# Whoever reads may log in.
	$sim->look($sim->{root}, "INSERT INTO rui.login (login, party_id) SELECT p.code::name, p.id FROM rui.party p JOIN pg_roles r ON r.rolname = p.code WHERE p.code <> 'director' RETURNING 1");
	my $loader = $sim->{actor}{loader};
	accepted($sim, $loader, q{rui.import_buildings(1, '[} . join(',', map {
		my ($x, $y) = (sprintf('%.4f', 118.80 + $_ * 0.002), sprintf('%.4f', 118.801 + $_ * 0.002));
		qq({"code":"b$_","floors":4,"footprint":"SRID=4326;POLYGON(($x 32.05,$y 32.05,$y 32.051,$x 32.051,$x 32.05))"}) } 1 .. 3) . "]'$at)");
	my @homes = map { my $b = $_; map { "$b-10$_" } 1 .. 4 } 1 .. 3;
	accepted($sim, $loader, q{rui.import_units(1, '[} . join(',', (map { my $b = substr $_, 0, 1; qq({"code":"$_","building":"b$b","floor_no":1,"area_m2":) . (60 + 7 * ord(substr $_, -1)) . '}' } @homes),
			'{"code":"shop","building":"b1","kind":"shop","area_m2":88.5}', map { qq({"code":"p$_","building":"b2","kind":"parking","area_m2":12.5}) } 1, 2) . "]'$at)");
	my @people = map { my $u = $_; ("o$u", "f$u") } @homes;
	accepted($sim, $loader, q{rui.import_parties(1, '[} . join(',', (map { my $n = $_; qq({"code":"$people[$n]","name":"R$n","phone":") . sprintf('138%08d', $n) . qq(","wechat":"wx$n"}) } 0 .. $#people), '{"code":"vendor","name":"Lift Works","kind":"organisation"}') . "]'$at)");
	# Every home has an owner; in ten of them somebody lives, in two until a day of these.
	accepted($sim, $loader, q{rui.import_ownerships(1, '[} . join(',', (map { qq({"unit":"$_","from":"2015-01-01","owners":[{"party":"o$_","parts":2},{"party":"f$_","parts":1}]}) } @homes),
			map { qq({"unit":"$_","from":"2015-01-01","owners":[{"party":"o$homes[0]"}]}) } qw(shop p1 p2)) . "]'$at)");
	accepted($sim, $loader, q{rui.import_households(1, '[} . join(',', map {
		my $u = $homes[$_];
		my $to = $_ < 8 ? '' : sprintf ',"to":"%s"', $sim->day($first + (1 + ($_ - 8) * 2) * 86400);
		qq({"unit":"$u","from":"2018-05-01"$to,"members":[{"party":"o$u","role":"owner"},{"party":"f$u","role":"family"}]}) } 0 .. 9) . "]'$at)");
	accepted($sim, $loader, qq{rui.import_equipment(1, '[{"code":"lift1","kind":"lift","building":"b1"},{"code":"lift2","kind":"lift","building":"b2"},{"code":"pump","kind":"pump","building":"b3"}]'$at)});
	accepted($sim, $loader, q{rui.import_meters(1, '[} . join(',', map { qq({"code":"w$_","medium":"water","measured_in":"m3","unit":"$_","installed_at":"$from 08:00","initial":100}) } @homes[ 0 .. 7 ]) . "]'$at)");
	accepted($sim, $loader, qq{rui.import_posts(1, '[{"code":"steward","name":"Stewards","module":"steward"},{"code":"repair","name":"Repairs","module":"support"}]'$at)});
	my $start = $sim->day($first - 86400);
	$sim->look($loader, "SELECT rui.set_standard_rest_rules(1$at)");
	# Ten hours a day, two days off in seven, in turn.
	accepted($sim, $loader, q{rui.import_shifts(1, '[} . join(',', map { my $d = $_; my $day = $sim->day($first + $d * 86400); map {
		my $n = $_; ($d + $n) % 6 < 4 ? (sprintf '{"post":"%s","staff":"%s","from":"%s 09:00","to":"%3$s 17:00","capacity":4}', $n < 3 ? 'steward' : 'repair', $staff[$n][0], $day) : () } 0 .. 5 } -1 .. $days + 2) . "]'$at)");
	$sim->look($loader, $_) for (
		"SELECT rui.open_books(1, '$books'$at)",
		"SELECT rui.set_fee_item(1, 'property', 'Property fee'$at)", "SELECT rui.set_fee_item(1, 'waste', 'Waste', 'occupant'$at)", "SELECT rui.set_fee_item(1, 'repair', 'Repairs', 'occupant', '6051'$at)",
		"SELECT rui.set_fee_item(1, 'water', 'Water', 'occupant'$at)",
		qq{SELECT rui.set_price_plan(1, 'property', '{"model":"fixed","price":"2.85","tax":{"rate":"0.06","inclusive":true}}', 'area', '$books', due_days => 9$at)},
		qq{SELECT rui.set_price_plan(1, 'waste', '{"model":"flat","amount":"8.00"}', 'household', '$books', due_days => 5$at)},
		qq{SELECT rui.set_price_plan(1, 'repair', '{"model":"fixed","price":"1.00","tax":{"rate":"0.06","inclusive":true}}', 'once', '$books', due_days => 3$at)},
		qq{SELECT rui.set_meter_plan(1, 'water', '{"model":"graduated","tiers":[{"up_to":"10","price":"3.1"},{"price":"4.65"}]}', 'water', '$books'$at)},
		"SELECT rui.set_late_rule(1, 'property', 0.0005, 2, 0.3, '$books'$at)",
		map({ "SELECT rui.set_ticket_category(1, '$_->[0]', '$_->[0]', '$_->[0]'" . ($_->[1] ? ", skill => '$_->[1]'" : '') . ($_->[2] ? ", fee_item_code => '$_->[2]'" : '') . ', is_emergency => ' . ($_->[0] eq 'lift' ? 'true' : 'false') . ')' } @categories),
		q{SELECT rui.set_calendar(1, 'site', ('{"tz":"Asia/Shanghai","weekly":{' || (SELECT string_agg(format('"%s":[["08:00","20:00"]]', d), ',') FROM unnest('{mon,tue,wed,thu,fri,sat,sun}'::text[]) d) || '}}')::rui.calendar, from_at => '2024-01-01')},
		q{SELECT rui.set_sla_policy(1, 'site', response => '30 minutes', arrival => '2 hours', resolution => '4 hours', call_back => '24 hours', warnings => '{80%}', escalations => '{1:00,4:00}', notice_calendar => 'site', from_at => '2024-01-01')},
		q{SELECT rui.set_sla_policy(1, 'always', response => '5 minutes', arrival => '30 minutes', resolution => '2 hours', is_emergency => true, judged_by => 'wall', escalations => '{0:15,1:00}', escalate_in => 'wall', from_at => '2024-01-01')},
		"SELECT rui.set_message_setting(1, 'site')", map({ "SELECT rui.set_message_channel(1, '$_', lease => '1:00', max_attempts => 2, backoff => '0:10')" } qw(sms wechat push)),
		"SELECT rui.adopt_dunning(1, '{wechat,sms}'$at)", "SELECT rui.adopt_escalation_messages(1, '{sms}'$at)",
		q{SELECT rui.set_message_kind(1, 'news', '通知', 'News', '{what}', '{wechat,sms}', budget => 3)},
		"SELECT rui.set_message_template(1, 'news', c, 'zh', '通知：{what}', from_at => '2024-01-01') FROM unnest('{wechat,sms}'::text[]) c",
		"SELECT rui.set_reconciliation(1, 'wechat', 0, 3$at)",
		"SELECT rui.set_document_kind(1, 'photo', '照片', 'Photo')",
		"SELECT rui.design_grids(1, ARRAY(SELECT p.id FROM rui.party p WHERE p.code IN ('s1', 's2', 's3') ORDER BY p.code)$at)",
		"SELECT rui.approve_grids(1, 1$at)", "SELECT rui.activate_grids(1, 1, at => " . $sim->at($first - 29 * 86400) . ')',
		"SELECT rui.set_project_state(1, 'go_live'$at)");
	$sim->look($director, "SELECT rui.set_payout_limit(1, 400$at)");
	$sim->look($sim->{actor}{c1}, qq{SELECT * FROM rui.import_opening_arrears(1, '[{"unit":"$homes[1]","fee_item":"property","from":"2023-01-01","to":"2023-02-01","amount":"312.40","due_on":"2023-01-20","reference":"old"}]'$at)});
}

# An import of which nothing is rejected.
sub accepted
{
	my ($sim, $actor, $call) = @_;
	my @bad = $sim->look($actor, "SELECT row_no, code, error_code, problem FROM $call WHERE NOT accepted");
	$sim->stop_here("$call: " . join '; ', map { join ' ', map { $_ // '' } @$_ } @bad) if @bad;
}

# Who acts: by name; role is what he is counted under.
sub actors
{
	my ($sim) = @_;
	$sim->{actor}{ $_->[0] } = { name => $_->[0], login => $_->[0], role => $_->[1] } for [ 'director', 'director' ], @staff;
}

sub residents
{
	my ($sim) = @_;
	$sim->{residents} = [ map { { name => $_->[1], login => 'gateway', role => 'resident', party => $_->[0] } } $sim->look($sim->{root}, "SELECT p.id, p.code FROM rui.party p WHERE p.code ~ '^[of][0-9]-' ORDER BY p.code") ];
	for ($sim->look($sim->{root}, 'SELECT p.code, p.id FROM rui.party p JOIN rui.login l ON l.party_id = p.id')) { $sim->{actor}{ $_->[0] }{party} = $_->[1] if $sim->{actor}{ $_->[0] } }
}

1;
