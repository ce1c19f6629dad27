/* SPDX-License-Identifier: PostgreSQL
 *
 * clock_text.c
 *	  The text of clocks, and the check of clocks that come from outside.
 */
#include "core/clock.h"

#include <string.h>

#include "core/json.h"

static const char *const keys[] = { "state", "start", "changed_at", "target", "elapsed", "due",
									"breach", "first_breached_at", "cycle", "first", "sum",
									"longest", NULL };

static void
write_instant(rui_text *text, const char *key, int64_t at)
{
	rui_text_format(text, ",\"%s\":\"", key);
	rui_instant_write(text, at);
	rui_text_character(text, '"');
}

static void
write_duration(rui_text *text, const char *key, int64_t duration)
{
	rui_text_format(text, ",\"%s\":\"", key);
	rui_duration_write(text, duration);
	rui_text_character(text, '"');
}

void
rui_sla_write(const rui_sla_clock *clock, rui_text *text)
{
	rui_text_format(text, "{\"state\":\"%s\"", rui_sla_state_name(clock->state));
	write_instant(text, "start", clock->start);
	write_instant(text, "changed_at", clock->changed_at);
	write_duration(text, "target", clock->target);
	write_duration(text, "elapsed", clock->elapsed);
	if (clock->state == RUI_SLA_RUNNING)
	{
		write_instant(text, "due", clock->due);
		write_instant(text, "breach", clock->breach);
	}
	if (clock->first_breached_at != RUI_NEVER)
		write_instant(text, "first_breached_at", clock->first_breached_at);
	rui_text_format(text, ",\"cycle\":%d", clock->cycle);
	if (clock->cycle > 1)
	{
		write_duration(text, "first", clock->first);
		write_duration(text, "sum", clock->sum);
		write_duration(text, "longest", clock->longest);
	}
	rui_text_character(text, '}');
}

static rui_status
missing(rui_error *error, const rui_json *root, const char *key)
{
	return rui_fail_at(error, RUI_INVALID, root->offset, key,
					   "Give all members that the text of a clock in this state has.",
					   "The member %s is missing.", key);
}

/* A member that must be there when wanted, and only then. */
static rui_status
find_member(const rui_json *root, const char *key, bool wanted, const rui_json **member,
			rui_error *error)
{
	*member = rui_json_member(root, key);
	if (*member == NULL && wanted)
		return missing(error, root, key);
	if (*member != NULL && !wanted)
		return rui_json_fail(error, RUI_INVALID, *member,
							 "Only a running clock has due and breach; only a reopened one "
							 "has first, sum and longest.",
							 "The member %s has no meaning in this state.", key);
	return *member == NULL ? RUI_OK : rui_json_expect(*member, RUI_JSON_STRING, error);
}

static rui_status
read_instant(const rui_json *root, const char *key, bool wanted, int64_t *at, rui_error *error)
{
	const rui_json *member;
	rui_status status = find_member(root, key, wanted, &member, error);

	if (status == RUI_OK && member != NULL &&
		(!rui_instant_read(member->text, member->length, at) || *at == RUI_NEVER))
		status = rui_json_fail(error, RUI_INVALID, member,
							   "Write an instant of UTC as 2026-10-01T08:00Z, or infinity.",
							   "%s is not an instant.", member->text);
	return status;
}

static rui_status
read_duration(const rui_json *root, const char *key, bool wanted, int64_t *duration,
			  rui_error *error)
{
	const rui_json *member;
	rui_status status = find_member(root, key, wanted, &member, error);

	if (status == RUI_OK && member != NULL &&
		!rui_duration_read(member->text, member->length, duration))
		status = rui_json_fail(error, RUI_INVALID, member,
							   "Write hours, minutes and seconds as PT1H30M.",
							   "%s is not a duration.", member->text);
	return status;
}

static rui_status
read_state(const rui_json *root, uint8_t *state, rui_error *error)
{
	const rui_json *member;
	int i;
	rui_status status = find_member(root, "state", true, &member, error);

	if (status != RUI_OK)
		return status;
	for (i = RUI_SLA_RUNNING; i <= RUI_SLA_STOPPED; i++)
	{
		if (strcmp(member->text, rui_sla_state_name(i)) == 0)
		{
			*state = (uint8_t) i;
			return RUI_OK;
		}
	}
	return rui_json_fail(error, RUI_INVALID, member, "A clock is running, paused or stopped.",
						 "%s is not a state.", member->text);
}

static rui_status
read_members(const rui_json *root, rui_sla_clock *clock, rui_error *error)
{
	const rui_json *member;
	bool running;
	bool reopened;
	int64_t cycle;
	rui_status status = rui_json_expect(root, RUI_JSON_OBJECT, error);

	if (status == RUI_OK)
		status = rui_json_only(root, keys, error);
	if (status == RUI_OK)
		status = read_state(root, &clock->state, error);
	if (status != RUI_OK)
		return status;
	member = rui_json_member(root, "cycle");
	if (member == NULL)
		return missing(error, root, "cycle");
	status = rui_json_integer(member, 1, INT32_MAX, &cycle, error);
	if (status != RUI_OK)
		return status;
	clock->cycle = (int32_t) cycle;
	running = clock->state == RUI_SLA_RUNNING;
	reopened = cycle > 1;
	status = read_instant(root, "start", true, &clock->start, error);
	if (status == RUI_OK)
		status = read_instant(root, "changed_at", true, &clock->changed_at, error);
	if (status == RUI_OK)
		status = read_duration(root, "target", true, &clock->target, error);
	if (status == RUI_OK)
		status = read_duration(root, "elapsed", true, &clock->elapsed, error);
	if (status == RUI_OK)
		status = read_instant(root, "due", running, &clock->due, error);
	if (status == RUI_OK)
		status = read_instant(root, "breach", running, &clock->breach, error);
	if (status == RUI_OK && rui_json_member(root, "first_breached_at") != NULL)
		status = read_instant(root, "first_breached_at", true, &clock->first_breached_at, error);
	if (status == RUI_OK)
		status = read_duration(root, "first", reopened, &clock->first, error);
	if (status == RUI_OK)
		status = read_duration(root, "sum", reopened, &clock->sum, error);
	if (status == RUI_OK)
		status = read_duration(root, "longest", reopened, &clock->longest, error);
	return status;
}

rui_status
rui_sla_read(const rui_env *env, const char *text, size_t length, rui_sla_clock *clock,
			 rui_error *error)
{
	rui_sla_clock result;
	rui_json_document document;
	rui_status status = rui_json_parse(env, text, length, &document, error);

	if (status != RUI_OK)
		return status;
	memset(&result, 0, sizeof result);
	result.version = RUI_SLA_VERSION;
	result.due = result.breach = result.first_breached_at = RUI_NEVER;
	status = read_members(document.root, &result, error);
	rui_json_release(env, &document);
	if (status == RUI_OK)
		status = rui_sla_check(&result, error);
	if (status == RUI_OK)
		*clock = result;
	return status;
}

static rui_status
inconsistent(rui_error *error, const char *member, const char *detail)
{
	return rui_fail(error, RUI_INVALID, member,
					"Make clocks with rui.clock_start and move them with rui.clock_pause, "
					"rui.clock_resume, rui.clock_stop and rui.clock_reopen.",
					"%s", detail);
}

rui_status
rui_sla_check(const rui_sla_clock *c, rui_error *error)
{
	bool running = c->state == RUI_SLA_RUNNING;

	if (c->version != RUI_SLA_VERSION || c->zero[0] != 0 || c->zero[1] != 0)
		return inconsistent(error, "version", "The format is not known.");
	if (c->state < RUI_SLA_RUNNING || c->state > RUI_SLA_STOPPED)
		return inconsistent(error, "state", "A clock is running, paused or stopped.");
	if (!rui_instant_in_world(c->start))
		return inconsistent(error, "start", "The instant lies outside of 1900 to 2200.");
	if (!rui_instant_in_world(c->changed_at) || c->changed_at < c->start)
		return inconsistent(error, "changed_at",
							"The last move lies before the start or after 2200.");
	if (c->target < 0)
		return inconsistent(error, "target", "The target is negative.");
	if (c->elapsed < 0 || c->elapsed > c->changed_at - c->start)
		return inconsistent(error, "elapsed", "More time has been counted than has passed.");
	if (running ? c->due < c->changed_at || (c->due >= RUI_END_INSTANT && c->due != RUI_FOREVER)
				: c->due != RUI_NEVER)
		return inconsistent(error, "due",
							"A running clock is due at its last move or later, another never.");
	if (running ? c->breach < c->due || (c->breach >= RUI_END_INSTANT && c->breach != RUI_FOREVER)
				: c->breach != RUI_NEVER)
		return inconsistent(error, "breach",
							"A running clock breaches when due or later, another never.");
	if (c->first_breached_at != RUI_NEVER &&
		(!rui_instant_in_world(c->first_breached_at) || c->first_breached_at > c->changed_at))
		return inconsistent(error, "first_breached_at", "The breach lies after the last move.");
	if (c->first_breached_at == RUI_NEVER && c->elapsed > c->target)
		return inconsistent(error, "first_breached_at",
							"More time has passed than the target, but no breach is noted.");
	if (c->cycle < 1)
		return inconsistent(error, "cycle", "Cycles count from 1.");
	if (c->cycle == 1 ? c->first != 0 || c->sum != 0 || c->longest != 0
					  : c->first < 0 || c->longest < c->first || c->sum < c->longest ||
				c->sum > c->start - RUI_FIRST_INSTANT ||
				(c->first < c->longest && c->sum - c->longest < c->first) ||
				(c->cycle == 2 && c->sum != c->first))
		return inconsistent(error, "sum",
							"The totals of the earlier cycles contradict each other.");
	return RUI_OK;
}
