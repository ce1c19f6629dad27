# A server whose clock can be set, for 110_sim.pl: its processes ask libfaketime
# (Debian: libfaketime) for the time, which reads from a file how far it is off.
# What is measured, such as timeouts and waits, goes by the true, monotonic clock.
package SimClock;
use strict;
use warnings;
use PostgreSQL::Test::Utils;

# Seconds to the clock before the step: what NTP sets right, what a wrong zone, a
# wrong date and a restored machine do. Drawn again where it would run away.
my @steps = (-150, 150, -3600, 3600, 8 * 3600, -8 * 3600, -86400, 86400, 2 * 86400);

# undef where there is no such library.
sub library { return (glob '/usr/lib/*/faketime/libfaketime.so.1 /usr/lib/faketime/libfaketime.so.1 /usr/local/lib/faketime/libfaketime.so.1')[0] }

sub new
{
	my ($class, $node) = @_;
	my $self = bless { node => $node, library => library(), file => PostgreSQL::Test::Utils::tempdir() . '/offset', off => 0, base => 0 }, $class;
	$self->set(0);
	return $self;
}

# Starts the server, with the library where there is one.
sub start
{
	my ($self, %how) = @_;
	my %given = !$self->{library} ? () : (LD_PRELOAD => join(':', $self->{library}, grep { defined && $_ ne '' } $ENV{LD_PRELOAD}), FAKETIME_TIMESTAMP_FILE => $self->{file},
		FAKETIME_NO_CACHE => 1, DONT_FAKE_MONOTONIC => 1, FAKETIME_DONT_FAKE_MONOTONIC => 1, NO_FAKE_STAT => 1);
	local @ENV{ keys %given } = values %given;
	return $self->{node}->start(%how);
}

# The clock shows so many seconds more than it is. The file is never half written.
sub set
{
	my ($self, $seconds) = @_;
	$self->{off} = $seconds;
	append_to_file("$self->{file}.new", sprintf("%+d\n", $seconds));
	rename "$self->{file}.new", $self->{file} or die "rename $self->{file}: $!";
	return;
}

# From now on it is about another time: steps go from there.
sub move { my ($self, $to) = @_; $self->{base} = $to - time(); return $self->set($self->{base}) }

# One step, drawn by a number from 0 to 1, from -3 to 6 days of where it would be.
sub step
{
	my ($self, $dice) = @_;
	my $by = $steps[ int($dice * @steps) ];
	$by = -$by if abs($self->{off} + $by - $self->{base} - 1.5 * 86400) > 4.5 * 86400;
	$self->set($self->{off} + $by);
	return $by < 0 ? 'clock back' : 'clock forward';
}

1;
