/* SPDX-License-Identifier: PostgreSQL
 *
 * step_clock.c
 *	  A clock that a test can set, for a server started with this library
 *	  preloaded (SimClock.pm): the time of day is off by the microseconds that
 *	  stand, as eight bytes, in the file that STEP_CLOCK names; the file is
 *	  mapped, so that a step counts at once in all processes.  The monotonic
 *	  clock, and what the kernel measures, stay as they are.
 *
 * libfaketime does the same and more, but gives the true time to a signal
 * handler that interrupts epoll_wait(), so that a server whose clock is ahead
 * never ends a wait for a lock by lock_timeout.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static int (*true_clock)(clockid_t, struct timespec *);
static const volatile int64_t *off;

__attribute__((constructor)) static void
begin(void)
{
	const char *name = getenv("STEP_CLOCK");
	int file = name == NULL ? -1 : open(name, O_RDONLY);
	void *map;

	true_clock = (int (*)(clockid_t, struct timespec *)) dlsym(RTLD_NEXT, "clock_gettime");
	if (file < 0)
		return;
	map = mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, file, 0);
	if (map != MAP_FAILED)
		off = map;
	close(file);
}

int
clock_gettime(clockid_t clock, struct timespec *time)
{
	int result = true_clock(clock, time);
	int64_t nanoseconds;

	if (result != 0 || off == NULL || (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE))
		return result;
	nanoseconds = time->tv_nsec + *off % 1000000 * 1000;
	time->tv_sec += *off / 1000000 + (nanoseconds >= 1000000000) - (nanoseconds < 0);
	time->tv_nsec = (nanoseconds + 1000000000) % 1000000000;
	return result;
}

int
gettimeofday(struct timeval *restrict time, void *restrict zone)
{
	struct timespec now;

	(void) zone;
	if (clock_gettime(CLOCK_REALTIME, &now) != 0)
		return -1;
	time->tv_sec = now.tv_sec;
	time->tv_usec = now.tv_nsec / 1000;
	return 0;
}

time_t
time(time_t *seconds)
{
	struct timespec now = { 0, 0 };

	(void) clock_gettime(CLOCK_REALTIME, &now);
	if (seconds != NULL)
		*seconds = now.tv_sec;
	return now.tv_sec;
}
