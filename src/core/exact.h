/* SPDX-License-Identifier: PostgreSQL
 *
 * exact.h
 *	  Signs of geometric determinants of doubles, never wrong.
 */
#ifndef RUI_EXACT_H
#define RUI_EXACT_H

/*
 * On which side of the line from a to b the point p lies: 1 left, -1 right,
 * 0 exactly on it; points are x and y.  In floating point where that is
 * certain, else as a sum of doubles that do not overlap (Shewchuk, Adaptive
 * precision floating-point arithmetic and fast robust geometric predicates,
 * Discrete & Computational Geometry 18, 1997).  Coordinates are finite and
 * at most 1e70 in size; below 1e-70 products may vanish.
 */
extern int rui_exact_side(const double *a, const double *b, const double *p);

#endif /* RUI_EXACT_H */
