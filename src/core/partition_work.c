/* SPDX-License-Identifier: PostgreSQL
 *
 * partition_work.c
 *	  The partitioner's memory: a stack of pieces in few blocks, so that what
 *	  one level gave back the next one finds warm.
 */
#include "core/partition_graph.h"

#include <string.h>

#define ALIGNMENT 16
#define LEAST_BLOCK ((size_t) 1 << 16)
#define MOST_BLOCK ((size_t) 1 << 23)
#define ROUND_UP(size) (((size) + ALIGNMENT - 1) & ~(size_t) (ALIGNMENT - 1))
#define HEADER ROUND_UP(sizeof(rui_work_block))

void
rui_work_start(rui_workspace *w, const rui_env *env, uint64_t seed, rui_error *error)
{
	memset(w, 0, sizeof *w);
	w->env = env;
	w->error = error;
	w->random.state = seed;
}

static void
release_after(rui_workspace *w, rui_work_block *block)
{
	rui_work_block *next = block == NULL ? w->blocks : block->next;

	while (next != NULL)
	{
		rui_work_block *after = next->next;

		rui_release(w->env, next);
		next = after;
	}
	if (block == NULL)
		w->blocks = NULL;
	else
		block->next = NULL;
}

void
rui_work_release(rui_workspace *w)
{
	release_after(w, NULL);
	rui_release(w->env, w->borders);
	rui_release(w->env, w->sorted_borders);
	rui_work_start(w, w->env, 0, w->error);
}

/* A block behind the current one with room for so many bytes. */
static rui_work_block *
next_block(rui_workspace *w, size_t bytes)
{
	rui_work_block *block = w->current == NULL ? w->blocks : w->current->next;
	size_t size = w->current == NULL ? LEAST_BLOCK : 2 * w->current->size;

	if (block != NULL && block->size >= bytes)
	{
		block->used = 0;
		return block;
	}
	release_after(w, w->current);
#ifdef __SANITIZE_ADDRESS__
	size = 0; /* every piece alone, so that overruns are seen */
#endif
	size = size > MOST_BLOCK ? MOST_BLOCK : size;
	size = size < bytes ? bytes : size;
	block = rui_allocate(w->env, size + HEADER, 1);
	if (block == NULL)
	{
		rui_fail_memory(w->error, size);
		return NULL;
	}
	block->next = NULL;
	block->size = size;
	block->used = 0;
	if (w->current == NULL)
		w->blocks = block;
	else
		w->current->next = block;
	return block;
}

void *
rui_work_take(rui_workspace *w, size_t count, size_t size)
{
	size_t bytes;
	unsigned char *piece;

	if (__builtin_mul_overflow(count, size, &bytes) || bytes > PTRDIFF_MAX / 2)
	{
		rui_fail_memory(w->error, SIZE_MAX);
		return NULL;
	}
	bytes = ROUND_UP(bytes == 0 ? 1 : bytes);
	if (w->current == NULL || w->current->size - w->current->used < bytes)
	{
		rui_work_block *block = next_block(w, bytes);

		if (block == NULL)
			return NULL;
		w->current = block;
	}
	piece = (unsigned char *) w->current + HEADER + w->current->used;
	w->current->used += bytes;
	return piece;
}

void *
rui_work_take_zero(rui_workspace *w, size_t count, size_t size)
{
	void *piece = rui_work_take(w, count, size);

	if (piece != NULL)
		memset(piece, 0, count * size);
	return piece;
}

void
rui_work_shrink(rui_workspace *w, void *piece, size_t count, size_t size)
{
	unsigned char *start = (unsigned char *) w->current + HEADER;

	w->current->used = (size_t) ((unsigned char *) piece - start) + ROUND_UP(count * size);
}

rui_work_mark
rui_work_here(const rui_workspace *w)
{
	rui_work_mark mark = { w->current, w->current == NULL ? 0 : w->current->used };

	return mark;
}

void
rui_work_return(rui_workspace *w, rui_work_mark mark)
{
	w->current = mark.block;
	if (mark.block != NULL)
		mark.block->used = mark.used;
#ifdef __SANITIZE_ADDRESS__
	release_after(w, mark.block);
#endif
}

rui_status
rui_work_scratch(rui_workspace *w, uint32_t nodes)
{
	w->nodes = nodes;
	w->place = rui_work_take_zero(w, nodes, sizeof(uint32_t));
	w->seen = rui_work_take_zero(w, nodes, sizeof(uint32_t));
	w->queue = rui_work_take(w, nodes, sizeof(uint32_t));
	w->log = rui_work_take(w, nodes, sizeof(uint32_t));
	w->root = rui_work_take(w, nodes, sizeof(uint32_t));
	w->pending = rui_work_take(w, (size_t) nodes + 1, sizeof(uint32_t));
	w->heap[0].items = rui_work_take(w, nodes, sizeof(rui_candidate));
	w->heap[1].items = rui_work_take(w, nodes, sizeof(rui_candidate));
	if (w->place == NULL || w->seen == NULL || w->queue == NULL || w->log == NULL ||
		w->root == NULL || w->pending == NULL || w->heap[0].items == NULL ||
		w->heap[1].items == NULL)
		return RUI_MEMORY;
	return RUI_OK;
}

uint32_t
rui_work_labels(rui_workspace *w, uint32_t count)
{
	if (w->search > UINT32_MAX - count - 1)
	{
		memset(w->seen, 0, w->nodes * sizeof(uint32_t));
		w->search = 0;
	}
	w->search += count;
	return w->search - count + 1;
}

rui_status
rui_work_go_on(rui_workspace *w)
{
	if (rui_interrupted(w->env))
		return rui_fail_interrupted(w->error);
	return RUI_OK;
}
