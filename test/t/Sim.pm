# A community at work, drawn from a seed: the engine of 110_sim.pl. What is done,
# by whom and when is drawn from one stream of numbers, what befalls the server
# from another, so that the same seed does the same with and without faults.
# Each actor acts through a login of its own, residents through a gateway that
# names them; targets are chosen among the rows that the actor itself can see,
# in the order of their ids, never by the ids.
package Sim;
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use IPC::Open3;
use Time::HiRes qw(time);
use Time::Local qw(timegm);

# Errors of faults; everything else has to be in the comment of what was called.
my %fault_state = map { $_ => 1 } qw(57014 57P01 55P03 25P02);

sub new
{
	my ($class, %given) = @_;
	my $self = bless {
		%given, session => {}, count => {}, refused => {}, fault => {}, trace => '', step => 0, problems => [], kept => {}, events => {},
		told => [], receipts => [], references => [], left => {}, documented => {}, plan => stream($given{seed}), storm => stream($given{seed} + 7919) }, $class;
	return $self;
}

# ------------------------------------------------------------------ chance
# A linear congruential generator (Knuth's MMIX constants), the upper bits of it.
sub stream { my $state = $_[0]; use integer; $state = $state * 6364136223846793005 + 1442695040888963407 for 1 .. 5; return { state => $state } }

sub draw
{
	my ($stream) = @_;
	use integer;
	$stream->{state} = $stream->{state} * 6364136223846793005 + 1442695040888963407;
	my $bits = ($stream->{state} >> 33) & 0x3fffffff;
	no integer;
	return $bits / 1073741824;
}

sub chance { my ($self, $share) = @_; return draw($self->{plan}) < $share }
sub number { my ($self, $size) = @_; return int(draw($self->{plan}) * $size) }
sub pick { my ($self, @from) = @_; return @from ? $from[ $self->number(scalar @from) ] : undef }

# ------------------------------------------------------------------ time
# Seconds since 1970 by the clock of the town, which is eight hours east.
sub at
{
	my ($self, $time) = @_;
	my @t = gmtime($time // $self->{now});
	return sprintf "'%04d-%02d-%02d %02d:%02d:%02d+08'", $t[5] + 1900, $t[4] + 1, @t[ 3, 2, 1, 0 ];
}
sub midnight { my ($y, $m, $d) = split /-/, $_[0]; return timegm(0, 0, 0, $d, $m - 1, $y) }
sub day { my ($self, $time) = @_; my @t = gmtime($time // $self->{now}); return sprintf '%04d-%02d-%02d', $t[5] + 1900, $t[4] + 1, $t[3] }
sub month { my ($self, $back) = @_; my @t = gmtime($self->{now}); my $m = $t[5] * 12 + $t[4] - ($back // 0); return sprintf '%04d-%02d-01', int($m / 12) + 1900, $m % 12 + 1 }

# ------------------------------------------------------------------ sessions
sub connect_as
{
	my ($self, $login) = @_;
	return $self->{session}{$login} if $self->{session}{$login};
	my ($in, $out);
	my $connection = $self->{node}->connstr($self->{database}) . ($login eq 'root' ? '' : " user=$login");
	open my $errors, '>>', "$self->{folder}/errors.$login" or die "errors.$login: $!";
	my $pid = open3($in, $out, '>&' . fileno($errors), 'psql', '-X', '-q', '-A', '-t', '-d', $connection);
	return $self->{session}{$login} = { in => $in, out => $out, pid => $pid };
}

sub leave
{
	my ($self, @logins) = @_;
	for my $login (@logins ? @logins : keys %{ $self->{session} })
	{
		my $s = delete $self->{session}{$login} or next;
		close $s->{in};
		close $s->{out};
		waitpid $s->{pid}, 0;
	}
}

# Whoever is a resident speaks through the gateway, in a transaction that says for whom.
sub send_sql
{
	my ($self, $actor, $sql) = @_;
	local $SIG{PIPE} = 'IGNORE';
	my $s = $self->connect_as($actor->{login});
	$sql = "BEGIN; SET LOCAL ROLE rui_resident; SELECT set_config('request.jwt.claims', '{\"party_id\": $actor->{party}}', true) \\g /dev/null\n$sql;\n\\set state :SQLSTATE\nCOMMIT"
	  if $actor->{login} eq 'gateway';
	print { $s->{in} } $actor->{login} eq 'gateway' ? "$sql;\n\\echo end :state :SQLSTATE\n" : "$sql;\n\\echo end :SQLSTATE 00000\n";
	$s->{in}->flush;
}

# (SQLSTATE, what came out); (undef, …) where the connection is gone.
sub answer
{
	my ($self, $actor) = @_;
	my $out = $self->{session}{ $actor->{login} }{out};
	my $text = '';
	while (my $line = <$out>)
	{
		return ($1 eq '00000' ? $2 : $1, $text) if $line =~ /^end (\w{5}) (\w{5})$/;
		$text .= $line;
	}
	$self->leave($actor->{login});
	return (undef, $text);
}

sub ask { my ($self, $actor, $sql) = @_; $self->send_sql($actor, $sql); return $self->answer($actor) }

# What an actor sees: a list of rows. Looking has to be possible.
sub look
{
	my ($self, $actor, $sql) = @_;
	my ($state, $text);
	for (1 .. 3)
	{
		($state, $text) = $self->ask($actor, $sql);
		last if defined $state;
		$self->await_server;
	}
	# For who does not live here yet, or no more, the gateway may not speak as a resident.
	return if ($state // '') eq '42501' && $actor->{login} eq 'gateway'
	  && !$self->look($self->{root}, "SELECT 1 FROM rui.membership WHERE party_id = $actor->{party} AND role_code = 'resident' AND valid @> now()");
	return $self->problem("a look of $actor->{name} failed: " . ($state // 'gone') . ": $sql") if ($state // '') ne '00000';
	return map { [ split /\|/, $_, -1 ] } split /\n/, $text;
}

sub stop_here { my ($self, $why) = @_; die "step $self->{step}, seed $self->{seed}: $why (see $self->{folder}/errors.*)\n" }

# ------------------------------------------------------------------ an action
# What the comment of a function says may go wrong, also of those it refers to.
sub documented
{
	my ($self, $function) = @_;
	return $self->{documented}{$function} if $self->{documented}{$function};
	my $codes = $self->{documented}{$function} = {};
	my ($row) = $self->look($self->{root}, "SELECT string_agg(replace(obj_description(p.oid, 'pg_proc'), E'\\n', ' '), ' ') FROM pg_proc p
		WHERE p.pronamespace = 'rui'::regnamespace AND p.proname = '$function'");
	my ($errors) = $row->[0] =~ /(Errors.*)$/;
	$self->stop_here("rui.$function does not say what may go wrong") unless defined $errors;
	$codes->{$_} = 1 for $errors =~ /\b(\d\d[0-9A-Z]{3}|RU\d{3}|P0\d{3})\b/g;
	for my $other ($errors =~ /(?:as|of|those of) (?:rui\.)?([a-z]+_[a-z_]+)/g) { $codes->{$_} = 1 for keys %{ $self->documented($other) } }
	return $codes;
}

# Calls a function as an actor, until it is answered whatever befalls the server.
#   arguments   SQL of those after project_id
#   at          when it happened (now); undef: the function has no such argument
#   keyed       false: it takes no request_key
#   about       what it is about, for the trace: no ids
#   procedure   it is a procedure
#   kept        [table, condition]: the row of the id it answers has to be there from now on
#   event       kind of the event that tells of it, of the first argument
# Returns (whether it was done, rows of what it answered, SQLSTATE).
sub act
{
	my ($self, $actor, $what, $function, $arguments, %how) = @_;
	$self->{step}++;
	my $time = exists $how{at} ? $how{at} : $self->{now};
	my $key = $how{keyed} // 1 ? ", request_key => 'k$self->{step}'" : '';
	my $sql = ($how{procedure} ? "CALL rui.$function(1" : "SELECT * FROM rui.$function(1") . ($arguments eq '' ? '' : ", $arguments") . $key
	  . (defined $time ? ', at => ' . $self->at($time) : '') . ')';
	my ($state, $text) = $self->deliver($actor, $sql, $key ne '', $function);
	# The same again, as a client does that has not heard the answer; or something else under the same key.
	if ($key ne '' && $state eq '00000' && $self->chance(0.08))
	{
		my ($again, $text_again) = $self->ask($actor, $sql);
		$self->{count}{ $actor->{role} }{'sent twice'}++;
		$self->problem("$what sent again answered " . ($again // 'nothing') . " $text_again, first $text: $sql") if ($again // '') ne '00000' || $text_again ne $text;
	}
	$self->{trace} = sha256_hex(join '|', $self->{trace}, $self->at, $actor->{name}, $what, $how{about} // '', $state);
	print { $self->{log} } join('|', $self->{step}, $self->at, $actor->{name}, $what, $how{about} // '', $state, sprintf '%.2f', time() - $^T), "\n" if $self->{log};
	if ($state ne '00000')
	{
		$self->{refused}{$what}{$state}++;
		$self->{count}{ $actor->{role} }{refused}++;
		$self->problem("$what of $actor->{name} failed with $state, which rui.$function does not name: $sql") unless $self->documented($function)->{$state};
		return (0, [], $state);
	}
	$self->{count}{ $actor->{role} }{$what}++;
	my @rows = map { [ split /\|/, $_, -1 ] } split /\n/, $text;
	$self->{kept}{ $how{kept}[0] }{ $rows[0][0] } = $how{kept}[1] if $how{kept};
	$self->{events}{"'$how{event}', " . ($arguments =~ /^(\d+)/)[0]}++ if $how{event};
	# A duty that failed has said so by a null.
	if ($function eq 'tick') { $self->problem("duty $_->[0] failed") for grep { $_->[1] eq '' } @rows }
	return (1, \@rows, $state);
}

sub problem
{
	my ($self, $text) = @_;
	push @{ $self->{problems} }, "step $self->{step}: $text";
	$self->stop_here(join "\n", @{ $self->{problems} }) if @{ $self->{problems} } > 40;
	return;
}

# ------------------------------------------------------------------ faults
sub strikes
{
	my ($self, $function, $is_keyed) = @_;
	return '' unless $self->{faults};
	my $dice = draw($self->{storm});
	my @kind = ((cancel => 0.04), (terminate => 0.02), (lost => 0.02), (timeout => 0.02), (lock => 0.015), (kill => $self->{kills} > 0 ? 0.01 : 0));
	while (my ($kind, $share) = splice @kind, 0, 2)
	{
		next if ($dice -= $share) >= 0;
		return '' if $kind eq 'lost' && !$is_keyed || $kind eq 'lock' && $function eq 'tick'; # a duty that waits too long is left to the next tick
		$self->{kills}-- if $kind eq 'kill';
		return $kind;
	}
	return '';
}

# The server's clock steps before every eighth action, or while it runs: then by what
# is returned, which does nothing otherwise. The server's timeouts go by that clock:
# one that is set back while somebody waits lets him wait as much longer.
sub steps
{
	my ($self, $strike) = @_;
	my $clock = $self->{clock};
	my $none = sub { };
	return $none if !$self->{faults} || draw($self->{storm}) >= 0.125;
	my $dice = draw($self->{storm});
	my $step = sub { $self->{fault}{ $clock->step($dice) }++ };
	return $step if draw($self->{storm}) < 0.5 && $strike !~ /^(timeout|lock)$/;
	$step->();
	return $none;
}

sub deliver
{
	my ($self, $actor, $sql, $is_keyed, $function) = @_;
	my $strike = $self->strikes($function, $is_keyed);
	my ($before, $after) = ('', '');
	if ($strike =~ /^(cancel|terminate|kill)$/) { ($before, $after) = ("SET strike.kind = '$strike'; SET strike.times = " . (1 + int(draw($self->{storm}) * 7)), 'SET strike.times = 0') }
	elsif ($strike eq 'timeout') { ($before, $after) = ('SET statement_timeout = ' . (1 + int(draw($self->{storm}) * 20)), 'SET statement_timeout = 0') }
	elsif ($strike eq 'lock')
	{
		$self->ask($self->{root}, 'BEGIN; LOCK TABLE rui.event IN EXCLUSIVE MODE');
		($before, $after) = ("SET lock_timeout = '20ms'", 'SET lock_timeout = 0');
	}
	# Within the gateway's transaction a limit is for the command alone.
	my $is_local = $actor->{login} eq 'gateway' && $before =~ s/^SET (\w+_timeout)/SET LOCAL $1/;
	my ($state, $text);
	my $steps = $self->steps($strike);
	if ($is_local) { ($state, $text) = $self->ask($actor, "$before;\n$sql") }
	else
	{
		$self->ask($actor, $before) if $before;
		$self->send_sql($actor, $sql);
		$steps->();
		($state, $text) = $self->answer($actor);
		for (1 .. 5) { last if !$after || !defined $state || (($self->ask($actor, $after))[0] // 'gone') eq '00000' }
	}
	$self->ask($self->{root}, 'ROLLBACK') if $strike eq 'lock';
	$self->{fault}{$strike}++ if $before && (!defined $state || $fault_state{$state});
	if ($strike eq 'lost' && defined $state)
	{
		$self->leave($actor->{login});
		$self->{fault}{lost}++;
		my ($again, $text_again) = $self->ask($actor, $sql);
		$self->problem("asked again after a lost answer: $again $text_again, first $state $text: $sql") if "$again $text_again" ne "$state $text";
	}
	for (1 .. 3)
	{
		last if defined $state && !$fault_state{$state};
		$self->await_server if !defined $state;
		($state, $text) = $self->ask($actor, $sql);
	}
	$self->stop_here("no answer: $sql") unless defined $state;
	return ($state, $text);
}

sub await_server
{
	my ($self) = @_;
	$self->leave;
	$self->{node}->poll_query_until('postgres', 'SELECT true') or die 'the server did not come back';
}

sub crash
{
	my ($self) = @_;
	$self->leave;
	$self->{node}->stop('immediate');
	$self->{clock}->start;
	$self->{fault}{crash}++;
}

1;
