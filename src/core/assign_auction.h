/* SPDX-License-Identifier: PostgreSQL
 *
 * assign_auction.h
 *	  Prices that make the engine's searches short.
 */
#ifndef RUI_ASSIGN_AUCTION_H
#define RUI_ASSIGN_AUCTION_H

#include "core/assign_engine.h"

/*
 * Set the prices of a range, whose tasks are not assigned and whose backs are
 * counted, near those of an optimum.  They are only a start: any would do.
 */
extern rui_status rui_assign_auction(rui_assign_engine *engine, const rui_assign_range *range,
									 rui_error *error);

/* The most bytes it takes for this many workers and pairs. */
extern size_t rui_assign_auction_bytes(size_t workers, size_t arcs);

#endif /* RUI_ASSIGN_AUCTION_H */
