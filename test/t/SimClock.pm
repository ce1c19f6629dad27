# A server whose clock can be set, for 110_sim.pl: its processes ask step_clock.c,
# preloaded, for the time, which reads how far it is off from a file.
package SimClock;
use strict;
use warnings;
use FindBin;
use PostgreSQL::Test::Utils;

# Seconds to the clock before the step: what NTP sets right, what a wrong zone, a
# wrong date and a restored machine do. The other way where it would run away.
my @steps = (-150, 150, -3600, 3600, 8 * 3600, -8 * 3600, -86400, 86400, 2 * 86400);

sub new
{
	my ($class, $node) = @_;
	my $folder = PostgreSQL::Test::Utils::tempdir();
	my $self = bless { node => $node, library => "$folder/step_clock.so", file => "$folder/off", off => 0, base => 0 }, $class;
	system($ENV{CC} // 'cc', '-shared', '-fPIC', '-O1', '-o', $self->{library}, "$FindBin::Bin/step_clock.c", '-ldl') == 0 or die "step_clock.c does not compile";
	$self->set(0);
	return $self;
}

sub start
{
	my ($self, %how) = @_;
	local $ENV{STEP_CLOCK} = $self->{file};
	local $ENV{LD_PRELOAD} = join ':', grep { defined && $_ ne '' } $ENV{LD_PRELOAD}, $self->{library};
	return $self->{node}->start(%how);
}

# The clock shows so many seconds more than it is: eight bytes, written at once, in place.
sub set
{
	my ($self, $seconds) = @_;
	$self->{off} = $seconds;
	open my $file, -e $self->{file} ? '+<' : '>', $self->{file} or die "$self->{file}: $!";
	syswrite($file, pack 'q', $seconds * 1000000) == 8 or die "$self->{file}: $!";
	close $file;
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
