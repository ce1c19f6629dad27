# Eight sessions tick, open tickets under request keys, take payments and
# consume events of one project at once, while backends are cancelled,
# terminated and killed: nothing happens twice, nothing acknowledged is lost,
# numbers have no gaps, and events are consumed in order.
# HAMMER_SECONDS (60, 25 as a part of make check) is how long, HAMMER_SEED (1) what they do. It goes on until backends were
# cancelled, terminated and killed in turn and enough was acknowledged, however slow the machine is,
# but not for ever.
use strict;
use warnings;
use Platform;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use POSIX qw(:sys_wait_h);
use Time::HiRes qw(time sleep);
use Test::More;

my $seconds = $ENV{HAMMER_SECONDS} // ($ENV{RUI_SHORT} ? 25 : 60);
my $seed = $ENV{HAMMER_SEED} // 1;
my $sessions = 8;
my $enough = 20;

my $node = PostgreSQL::Test::Cluster->new('hammer');
Platform::init($node);
# A killed backend takes the server down and up again; what was acknowledged must survive that.
$node->append_conf('postgresql.conf', "restart_after_crash = on\nsynchronous_commit = on\n");
$node->start;
$node->safe_psql('postgres', q{
	SELECT rui.create_company('acme', 'Acme', 'Li', session_user::name);
	INSERT INTO rui.company_member (company_id, party_id, role_code, valid)
	SELECT 1, 1, r, tstzrange('2000-01-01 00:00+00', NULL) FROM unnest('{loader,manager}'::text[]) r;
	SELECT rui.create_project(1, 'town', 'Town', 'UTC');
	SELECT rui.set_project_state(1, 'go_live');
	SELECT rui.set_dispatch_weight(1, 'batch', 0);
	SELECT rui.set_ticket_category(1, 'general', 'general', 'general');
	SELECT rui.set_sla_policy(1, 'always', response => '1 second', escalations => '{1 second,2 seconds}');
	SELECT rui.open_books(1);
	SELECT rui.add_event_consumer(1, 'mail', '{ticket.*}');
	CREATE TABLE public.got (place bigint GENERATED ALWAYS AS IDENTITY, seq bigint UNIQUE, subject_id bigint, kind text);
});
my $folder = PostgreSQL::Test::Utils::tempdir();
my $connection = $node->connstr('postgres');

# What a session does: keys are shared, so that several send the same one.
sub statements
{
	my ($count, $round) = @_;
	my @list = (q{\set ON_ERROR_STOP 0}, q{SET client_min_messages = fatal});
	for (1 .. $count)
	{
		my $key = int($round * 20 + rand(40));
		my $what = rand();
		if ($what < 0.5)
		{
			push @list, "SELECT 'ticket', '$key', rui.open_ticket(1, 'general', 'need $key', request_key => 'need $key')";
		}
		elsif ($what < 0.65)
		{
			push @list, "SELECT 'payment', '$key', rui.record_payment(1, NULL, 1, 1 + $key, 'cash', request_key => 'pay $key')";
		}
		elsif ($what < 0.8) { push @list, 'DO $$BEGIN PERFORM FROM rui.tick(1); END$$'; }
		else
		{
			# Exactly once: what is read and the acknowledgement in one transaction.
			push @list, 'DO $$
				BEGIN
					INSERT INTO public.got (seq, subject_id, kind)
					SELECT e.seq, e.subject_id, e.kind FROM rui.consume_events(1, \'mail\', 50) e ORDER BY e.seq;
					IF FOUND THEN
						PERFORM rui.acknowledge_events(1, \'mail\', (SELECT max(g.seq) FROM public.got g));
					END IF;
				END$$';
		}
	}
	return join(";\n", @list) . ";\n";
}

# What was acknowledged so far, by whomever: by kind and key the answers that differ.
sub answers
{
	my %answer = (ticket => {}, payment => {});
	for my $session (1 .. $sessions)
	{
		open my $in, '<', "$folder/answers.$session" or next;
		while (<$in>)
		{
			$answer{$1}{$2}{$3} = 1 if /^(ticket|payment)\|([0-9]+)\|([0-9]+)$/;
		}
	}
	return \%answer;
}

my $started = time();
my @workers;
for my $session (1 .. $sessions)
{
	my $pid = fork() // die "fork: $!";
	if ($pid == 0)
	{
		srand($seed * 1000 + $session);
		my $began = time();
		while (!-e "$folder/enough")
		{
			# All sessions work on the keys of the same moment.
			my $round = int((time() - $began) * 2);
			open my $psql, '|-', "psql -X -q -At -d '$connection' >>$folder/answers.$session 2>>$folder/errors.$session"
			  or POSIX::_exit(1);
			local $SIG{PIPE} = 'IGNORE';
			print $psql statements(40, $round);
			close $psql;
			sleep(0.05) if $? != 0;
		}
		POSIX::_exit(0);
	}
	push @workers, $pid;
}

# The other side: a cancel, a termination and, now and then, a kill.
srand($seed);
my %done = (cancel => 0, terminate => 0, kill => 0);
my $next_kill = $started + 2;
my $gentle = 'cancel';
sub is_enough
{
	return 0 if time() < $started + $seconds;
	return 1 if time() > $started + 300 + $seconds;
	return !grep({ $_ == 0 } values %done) && !grep({ keys(%$_) <= $enough } values %{ answers() });
}
until (is_enough())
{
	sleep(0.1 + rand(0.2));
	my $what = time() >= $next_kill && $done{terminate} ? 'kill' : $gentle;
	my ($code, $pid) = $node->psql('postgres', q{SELECT pid FROM pg_stat_activity
		WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1});
	next unless $code == 0 && $pid =~ /^[0-9]+$/;
	if ($what eq 'kill')
	{
		$done{kill} += kill('KILL', $pid);
		$next_kill = time() + 2 + rand(3);
	}
	elsif ($node->psql('postgres', "SELECT pg_${what}_backend($pid)") == 0)
	{
		$done{$what}++;
		$gentle = $what eq 'cancel' ? 'terminate' : 'cancel';
	}
}
append_to_file("$folder/enough", '');
waitpid($_, 0) for @workers;
$node->poll_query_until('postgres', 'SELECT true') or die 'the server did not come back';
cmp_ok($done{$_}, '>', 0, "some backends met with a $_ ($done{$_})") for qw(cancel terminate kill);

my $answer = answers();
is(scalar(grep { keys(%$_) > 1 } map { values %$_ } values %$answer), 0, 'a key has one answer, whoever asks');
for my $kind (qw(ticket payment))
{
	my $answers = keys %{ $answer->{$kind} };
	cmp_ok($answers, '>', $enough, "many were acknowledged ($kind: $answers)");
	my $values = join ',', map { my $key = $_; map { "('$key', $_)" } keys %{ $answer->{$kind}{$key} } }
	  sort { $a <=> $b } keys %{ $answer->{$kind} };
	my $row = $kind eq 'ticket' ? "d.details = 'need ' || a.key" : 'd.amount = 1 + a.key::numeric';
	is($node->safe_psql('postgres', "SELECT count(*) FROM (VALUES $values) AS a(key, id)
		WHERE NOT EXISTS (SELECT FROM rui.$kind d WHERE d.id = a.id AND $row)"), 0, "and none of them lost ($kind)");
}
is($node->safe_psql('postgres', 'SELECT count(*) FROM (SELECT details FROM rui.ticket GROUP BY details HAVING count(*) > 1) d'), 0,
	'no ticket twice');
is($node->safe_psql('postgres', 'SELECT count(*) FROM (SELECT amount FROM rui.payment GROUP BY amount HAVING count(*) > 1) d'), 0,
	'no payment twice');
my $told = q{FROM rui.event e WHERE e.kind IN ('clock.breach', 'clock.escalate')};
is($node->safe_psql('postgres', "SELECT count(*) - count(DISTINCT (e.subject_id, e.kind, e.payload)) $told"), 0, 'no escalation told twice');
is($node->safe_psql('postgres', "SELECT count(*) $told"), $node->safe_psql('postgres', 'SELECT count(*) FROM rui.escalation'),
	'and each that is written down is told');

# After a last tick and a last look of the consumer nothing waits.
$node->safe_psql('postgres', 'SELECT count(*) FROM rui.tick(1)');
$node->safe_psql('postgres', q{
	SELECT rui.release_events(1, 'mail');
	DO $$
	BEGIN
		LOOP
			INSERT INTO public.got (seq, subject_id, kind)
			SELECT e.seq, e.subject_id, e.kind FROM rui.consume_events(1, 'mail', 1000) e ORDER BY e.seq;
			EXIT WHEN NOT FOUND;
			PERFORM rui.acknowledge_events(1, 'mail', (SELECT max(g.seq) FROM public.got g));
		END LOOP;
	END$$;
});
is($node->safe_psql('postgres', q{SELECT count(*) FROM rui.event e WHERE e.kind ~ '^ticket\.'}),
	$node->safe_psql('postgres', 'SELECT count(*) FROM public.got'), 'every event was consumed once');
is($node->safe_psql('postgres', 'SELECT count(*) FROM (SELECT seq < lag(seq) OVER (ORDER BY place) AS back FROM public.got) g WHERE back'), 0,
	'in order');
is($node->safe_psql('postgres', q{SELECT count(*) = max(seq) AND min(seq) = 1 FROM rui.event_seq}), 't', 'positions have no gap');
is($node->safe_psql('postgres', q{SELECT count(*) FROM rui.event_waiting}), 0, 'and none waits');
is($node->safe_psql('postgres', q{SELECT string_agg(v.invariant || ': ' || v.detail, E'\n') FROM rui.invariant_violation v}), '',
	'no invariant is broken');
done_testing();
