/* SPDX-License-Identifier: PostgreSQL
 *
 * assign_live_graph.h
 *	  Tasks, workers and pairs of a live assignment in memory.
 */
#ifndef RUI_ASSIGN_LIVE_GRAPH_H
#define RUI_ASSIGN_LIVE_GRAPH_H

#include "core/assign_ids.h"
#include "core/assign_live.h"

#define NONE RUI_ASSIGN_NONE

typedef __int128 wide __attribute__((aligned(8)));

/* Beyond every distance, and less than anything a task can count. */
#define FAR ((wide) 1 << 125)
#define UNKNOWN (-FAR)

/* Stands for a penalty where all tasks must be served: outweighs 2^32 costs. */
#define OUTWEIGHS ((wide) 1 << 96)

typedef struct live_arc
{
	int64_t cost;
	uint32_t worker;
} live_arc;

/* In one cache line. */
typedef struct live_task
{
	wide elsewhere; /* it counts at least this - live->fallen elsewhere */
	int64_t penalty; /* above live->outweighs */
	int64_t cost; /* of its pair, while with a worker */
	live_arc *arc; /* its pairs, ascending by (cost, id of worker) */
	uint32_t arcs;
	uint32_t worker; /* or NONE */
	int64_t was; /* id of where it was when changes were noted, if was_assigned */
	bool was_assigned;
	bool present;
	bool is_new; /* not yet put where it is best */
	bool in_new; /* in the list live->new_task */
	bool in_moved; /* in the list live->moved */
} live_task;

/* What every search looks at comes first. */
typedef struct live_worker
{
	wide price;
	wide distance; /* of the running search, or FAR */
	int64_t load_cost;
	int32_t capacity;
	int32_t fixed;
	uint32_t load;
	bool open; /* has room for some task at least */
	bool present;
	uint32_t heap_at;
	uint32_t via_task; /* task that moves in (task side) or out (worker side) */
	uint32_t via_worker; /* where it moves to (worker side) */
	int64_t via_cost; /* of the pair that the path takes */
	bool held_known; /* all tasks that it holds are in memory */
	bool backs_known; /* all tasks that have a pair with it are in memory */
	bool backs_sorted;
	uint32_t mark; /* live->mark of the last task whose pairs named it */
	bool in_dirty; /* in the list live->dirty */
	bool in_changed; /* in the list live->changed */
	uint32_t *held; /* its tasks as far as known, ascending by id */
	uint32_t helds;
	uint32_t backs;
	size_t held_room;
	int64_t *back_key; /* cost - penalty of pairs with it, ascending by (key, id) if sorted */
	uint32_t *back_task;
	size_t back_key_room;
	size_t back_task_room;
} live_worker;

struct rui_assign_live
{
	rui_env env;
	rui_assign_form form;
	rui_assign_reader reader; /* read is NULL where everything is in memory */
	wide outweighs; /* added to every penalty */
	rui_assign_ids task_ids;
	rui_assign_ids worker_ids;
	live_task *task;
	size_t task_room;
	live_worker *worker;
	size_t worker_room;
	size_t pair_bytes;

	/* Lists in which an index is once at most, with room for all. */
	uint32_t *new_task;
	uint32_t *moved;
	uint32_t *dirty;
	uint32_t *changed;
	size_t new_room;
	size_t moved_room;
	size_t dirty_room;
	size_t changed_room;
	uint32_t new_count;
	uint32_t moved_count;
	uint32_t dirty_count;
	uint32_t changed_count;

	/* The running search. */
	uint32_t *heap;
	uint32_t *seen;
	size_t heap_room;
	size_t seen_room;
	uint32_t heap_count;
	uint32_t seen_count;
	uint32_t mark;
	wide fallen; /* how far any price can have fallen since the start */
	uint64_t work; /* pairs looked at */
	uint64_t next_look; /* when to ask env.interrupted */
	uint64_t steps;
	bool failed;

	/* What rui_assign_live_note gave last. */
	rui_assign_move *noted_move;
	rui_assign_price *noted_price;
};

static inline wide
penalty_of(const rui_assign_live *live, const live_task *t)
{
	return live->outweighs + t->penalty;
}

/* What the next task would count on top of its cost, by load alone. */
static inline wide
next_load(const live_worker *w)
{
	return (wide) w->load_cost * ((int64_t) w->fixed + w->load);
}

/* The same for the last task that it has. */
static inline wide
last_load(const live_worker *w)
{
	return (wide) w->load_cost * ((int64_t) w->fixed + w->load - 1);
}

static inline bool
has_room(const live_worker *w)
{
	return (int64_t) w->fixed + w->load < w->capacity;
}

/* The index of a worker, made closed and empty where it is not there. */
extern rui_status rui_assign_live_worker_index(rui_assign_live *live, int64_t id,
											   uint32_t *index, rui_error *error);
/* A new task without pairs. */
extern rui_status rui_assign_live_task_index(rui_assign_live *live, int64_t id, uint32_t *index,
											 rui_error *error);

/* Forget a task that is with nobody, or a worker without tasks whose backs are known. */
extern void rui_assign_live_drop_task(rui_assign_live *live, uint32_t task);
extern void rui_assign_live_drop_worker(rui_assign_live *live, uint32_t worker);

/*
 * Give a task the pairs and the penalty of facts whose numbers were checked:
 * all, or nothing without memory, or where a worker occurs twice: RUI_INVALID
 * without text, twice is then the second place.  Where it sits stays, but its
 * cost is that of the new pair, if there is one.
 */
extern rui_status rui_assign_live_set_arcs(rui_assign_live *live, uint32_t task,
										   const rui_assign_live_task *facts, uint32_t *twice,
										   rui_error *error);

/* Give a pair that is there another cost. */
extern void rui_assign_live_set_arc(rui_assign_live *live, uint32_t task, uint32_t arc,
									int64_t cost);

/* The place of a worker among a task's pairs, or NONE. */
extern uint32_t rui_assign_live_find_arc(const live_task *t, uint32_t worker);

/* Room for one more task in a worker's list, so that putting it on cannot fail. */
extern rui_status rui_assign_live_reserve_held(rui_assign_live *live, uint32_t worker,
											   rui_error *error);
extern void rui_assign_live_add_held(rui_assign_live *live, uint32_t worker, uint32_t task);
extern void rui_assign_live_take_off(rui_assign_live *live, uint32_t task);
extern rui_status rui_assign_live_put_on(rui_assign_live *live, uint32_t task, uint32_t worker,
										 int64_t cost, rui_error *error);

/* Have what the worker holds, or what has a pair with it, in memory. */
extern rui_status rui_assign_live_know_held(rui_assign_live *live, uint32_t worker,
											rui_error *error);
extern rui_status rui_assign_live_know_backs(rui_assign_live *live, uint32_t worker,
											 rui_error *error);

/* Marks for settling and noting. */
extern void rui_assign_live_mark_new(rui_assign_live *live, uint32_t task);
extern void rui_assign_live_mark_moved(rui_assign_live *live, uint32_t task);
extern void rui_assign_live_mark_dirty(rui_assign_live *live, uint32_t worker);
extern void rui_assign_live_mark_changed(rui_assign_live *live, uint32_t worker);

/* Sort a list of indexes ascending by their ids. */
extern rui_status rui_assign_live_order(rui_assign_live *live, const rui_assign_ids *ids,
										uint32_t *list, uint32_t count, rui_error *error);

/* Whether nothing is better for a task than where it is, or to be left over. */
extern bool rui_assign_live_sits_best(const rui_assign_live *live, uint32_t task);

#endif /* RUI_ASSIGN_LIVE_GRAPH_H */
