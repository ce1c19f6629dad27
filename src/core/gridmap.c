/* SPDX-License-Identifier: PostgreSQL
 *
 * gridmap.c
 *	  Gridmaps: collecting areas, laying out the block, text and binary.
 */
#include "core/gridmap_raster.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/json.h"
#include "core/sort.h"

void
rui_gridmap_start(rui_gridmap_builder *builder, const rui_env *env)
{
	memset(builder, 0, sizeof *builder);
	builder->env = env;
}

void
rui_gridmap_release(rui_gridmap_builder *builder)
{
	size_t i;

	for (i = 0; i < builder->count; i++)
		rui_area_release(builder->env, &builder->entries[i].area);
	rui_release(builder->env, builder->entries);
	rui_gridmap_start(builder, builder->env);
}

rui_status
rui_gridmap_add(rui_gridmap_builder *builder, int64_t grid, rui_area *area, rui_error *error)
{
	char part[32];
	rui_status status;

	snprintf(part, sizeof part, "grid %" PRId64, grid);
	if (rui_area_is_empty(area))
		return rui_fail(error, RUI_INVALID, part, "Leave grids without an area out.",
						"The area of grid %" PRId64 " is empty.", grid);
	if (builder->srid != 0 && area->srid != 0 && area->srid != builder->srid)
		return rui_fail(error, RUI_INVALID, part, "Transform all areas to one SRID.",
						"The area of grid %" PRId64 " has SRID %d, areas before it have %d.", grid,
						area->srid, builder->srid);
	if (builder->points + area->points > RUI_GRIDMAP_SIZE_MAX / 16)
		return rui_fail(error, RUI_LIMIT, part, "Simplify the areas or use several maps.",
						"A map may have at most %d vertices.", RUI_GRIDMAP_SIZE_MAX / 16);
	status = rui_grow(builder->env, &builder->entries, &builder->capacity, builder->count + 1,
					  sizeof(rui_gridmap_entry), error);
	if (status != RUI_OK)
		return status;
	if (area->srid != 0)
		builder->srid = area->srid;
	builder->points += area->points;
	builder->entries[builder->count].grid = grid;
	builder->entries[builder->count++].area = *area;
	memset(area, 0, sizeof *area);
	return RUI_OK;
}

static int
compare_bytes(const void *a, size_t a_size, const void *b, size_t b_size)
{
	if (a_size != b_size)
		return a_size < b_size ? -1 : 1;
	return a_size == 0 ? 0 : memcmp(a, b, a_size);
}

/* By grid, then by the areas' shape; 0 only for equal entries. */
static int
compare_entries(const void *left, const void *right)
{
	const rui_gridmap_entry *a = left;
	const rui_gridmap_entry *b = right;
	const rui_area *p = &a->area;
	const rui_area *q = &b->area;
	int order;

	if (a->grid != b->grid)
		return a->grid < b->grid ? -1 : 1;
	if (p->multi != q->multi)
		return p->multi ? 1 : -1;
	order = compare_bytes(p->polygon_rings, p->polygons * sizeof(uint32_t), q->polygon_rings,
						  q->polygons * sizeof(uint32_t));
	if (order == 0)
		order = compare_bytes(p->ring_points, p->rings * sizeof(uint32_t), q->ring_points,
							  q->rings * sizeof(uint32_t));
	if (order == 0)
		order = compare_bytes(p->xy, (size_t) p->points * 16, q->xy, (size_t) q->points * 16);
	return order;
}

/* Canonical order; an area given twice for one grid stays once. */
static rui_status
sort_entries(rui_gridmap_builder *builder, rui_error *error)
{
	size_t kept = 0;
	size_t i;
	rui_status status = rui_sort(builder->env, builder->entries, builder->count,
								 sizeof(rui_gridmap_entry), compare_entries, error);

	if (status != RUI_OK)
		return status;
	for (i = 0; i < builder->count; i++)
	{
		if (kept > 0 && compare_entries(&builder->entries[kept - 1], &builder->entries[i]) == 0)
			rui_area_release(builder->env, &builder->entries[i].area);
		else
			builder->entries[kept++] = builder->entries[i];
	}
	builder->count = kept;
	return RUI_OK;
}

/* Reserve bytes of the block, keeping offsets multiples of 8. */
static uint32_t
place(uint64_t *size, uint64_t count, size_t bytes)
{
	uint32_t offset = (uint32_t) *size;

	*size += (count * bytes + 7) & ~UINT64_C(7);
	return offset;
}

static rui_status
fail_binary(rui_error *error, int64_t offset, const char *what)
{
	return rui_fail_at(error, RUI_BINARY, offset, NULL, "Send what rui.gridmap_send wrote.", "%s.",
					   what);
}

static rui_status
fail_size(rui_error *error)
{
	return rui_fail(error, RUI_LIMIT, NULL, "Simplify the areas or use several maps.",
					"A map may have at most %d bytes.", RUI_GRIDMAP_SIZE_MAX);
}

/* Count, and lay out the part that does not depend on the raster. */
static rui_status
lay_out(const rui_gridmap_builder *builder, rui_gridmap *head, uint64_t *size, rui_error *error)
{
	uint64_t polygons = 0;
	uint64_t rings = 0;
	uint64_t points = 0;
	size_t i;

	for (i = 0; i < builder->count; i++)
	{
		polygons += builder->entries[i].area.polygons;
		rings += builder->entries[i].area.rings;
		points += builder->entries[i].area.points;
	}
	*size = sizeof(rui_gridmap);
	if (points * 16 + (rings + polygons) * 4 + builder->count * 16 + *size + 64 >
		RUI_GRIDMAP_SIZE_MAX)
		return fail_size(error);
	head->version = RUI_GRIDMAP_VERSION;
	head->srid = builder->srid;
	head->areas = (uint32_t) builder->count;
	head->polygons = (uint32_t) polygons;
	head->rings = (uint32_t) rings;
	head->points = (uint32_t) points;
	head->at_xy = place(size, 2 * points, sizeof(double));
	head->at_grid = place(size, builder->count, sizeof(int64_t));
	head->at_multi = place(size, builder->count, sizeof(uint32_t));
	head->at_area = place(size, builder->count + 1, sizeof(uint32_t));
	head->at_polygon = place(size, polygons + 1, sizeof(uint32_t));
	head->at_ring = place(size, rings + 1, sizeof(uint32_t));
	return RUI_OK;
}

static void *
at(rui_gridmap *map, uint32_t offset)
{
	return (char *) map + offset;
}

/* Copy the areas into the block and find their bounding box. */
static void
copy_areas(const rui_gridmap_builder *builder, rui_gridmap *map)
{
	double *xy = at(map, map->at_xy);
	int64_t *grids = at(map, map->at_grid);
	uint32_t *multi = at(map, map->at_multi);
	uint32_t *areas = at(map, map->at_area);
	uint32_t *polygons = at(map, map->at_polygon);
	uint32_t *rings = at(map, map->at_ring);
	uint32_t polygon = 0;
	uint32_t ring = 0;
	uint32_t point = 0;
	uint32_t i;
	uint32_t k;

	for (i = 0; i < map->areas; i++)
	{
		const rui_area *area = &builder->entries[i].area;
		uint32_t first_ring = ring;
		uint32_t first_point = point;

		grids[i] = builder->entries[i].grid;
		multi[i] = area->multi;
		areas[i] = polygon;
		for (k = 0; k < area->polygons; k++)
		{
			polygons[polygon++] = first_ring;
			first_ring += area->polygon_rings[k];
		}
		for (k = 0; k < area->rings; k++)
		{
			rings[ring++] = first_point;
			first_point += area->ring_points[k];
		}
		memcpy(xy + 2 * (size_t) point, area->xy, (size_t) area->points * 16);
		point += area->points;
	}
	areas[map->areas] = polygon;
	polygons[polygon] = ring;
	rings[ring] = point;
	for (k = 0; k < 2; k++)
	{
		double reach;

		/* A map without areas has an empty box. */
		map->low[k] = point > 0 ? INFINITY : 1;
		map->high[k] = point > 0 ? -INFINITY : 0;
		for (i = 0; i < point; i++)
		{
			map->low[k] = fmin(map->low[k], xy[2 * (size_t) i + k]);
			map->high[k] = fmax(map->high[k], xy[2 * (size_t) i + k]);
		}
		/* Wide enough for what rounding may count as covered. */
		reach = fmax(fabs(map->low[k]), fabs(map->high[k]));
		map->low[k] -= reach * 0x1p-46;
		/* And with the raster's lines off the borders that lie at round numbers. */
		map->high[k] += reach * 0x1p-46 + (map->high[k] - map->low[k]) / 73;
	}
}

void
rui_gridmap_shape_of(const rui_gridmap *map, rui_gridmap_shape *shape)
{
	rui_gridmap *m = (rui_gridmap *) map; /* the result is only read */

	shape->xy = at(m, map->at_xy);
	shape->area = at(m, map->at_area);
	shape->polygon = at(m, map->at_polygon);
	shape->ring = at(m, map->at_ring);
	shape->areas = map->areas;
	shape->polygons = map->polygons;
	shape->rings = map->rings;
	shape->points = map->points;
	memcpy(shape->low, map->low, sizeof shape->low);
	memcpy(shape->high, map->high, sizeof shape->high);
}

static void write_content(const rui_gridmap *map, rui_text *text);

static rui_status
set_hash(const rui_env *env, rui_gridmap *map, rui_error *error)
{
	rui_text content;

	rui_text_start(&content, env);
	write_content(map, &content);
	if (content.failed)
	{
		rui_text_release(&content);
		return rui_fail_memory(error, map->size);
	}
	rui_content_hash(content.bytes, content.length, map->hash);
	rui_text_release(&content);
	return RUI_OK;
}

static void
copy_words(rui_gridmap *map, uint32_t offset, const uint32_t *words, size_t count)
{
	if (count > 0)
		memcpy(at(map, offset), words, count * sizeof(uint32_t));
}

/* Put head, areas and raster together into one block. */
static rui_status
join(const rui_env *env, const rui_gridmap *part, uint64_t part_size,
	 const rui_gridmap_raster *raster, rui_gridmap **map, rui_error *error)
{
	rui_gridmap *whole;
	uint64_t size = part_size;
	uint64_t words;
	rui_gridmap head = *part;
	int k;

	words = (uint64_t) raster->columns * raster->rows + raster->split_words + raster->leaf_words;
	if (raster->split_words / 2 > RUI_GRIDMAP_NUMBER ||
		size + 4 * (words + 8) > RUI_GRIDMAP_SIZE_MAX)
		return fail_size(error);
	head.columns = raster->columns;
	head.rows = raster->rows;
	head.splits = (uint32_t) (raster->split_words / 2);
	head.words = (uint32_t) raster->leaf_words;
	head.at_raster = place(&size, (uint64_t) raster->columns * raster->rows, sizeof(uint32_t));
	head.at_split = place(&size, raster->split_words, sizeof(uint32_t));
	head.at_leaf = place(&size, raster->leaf_words, sizeof(uint32_t));
	head.size = (uint32_t) size;
	for (k = 0; k < 2; k++)
		head.scale[k] = (k == 0 ? head.columns : head.rows) / (head.high[k] - head.low[k]);
	whole = rui_allocate_zero(env, 1, size);
	if (whole == NULL)
		return rui_fail_memory(error, size);
	memcpy(whole, part, part_size);
	*whole = head;
	copy_words(whole, head.at_raster, raster->cells, (size_t) raster->columns * raster->rows);
	copy_words(whole, head.at_split, raster->splits, raster->split_words);
	copy_words(whole, head.at_leaf, raster->leaves, raster->leaf_words);
	*map = whole;
	return RUI_OK;
}

rui_status
rui_gridmap_finish(rui_gridmap_builder *builder, rui_gridmap **map, rui_error *error)
{
	const rui_env *env = builder->env;
	rui_gridmap head = { 0 };
	rui_gridmap *part;
	rui_gridmap_raster raster;
	rui_gridmap_shape shape;
	uint64_t size;
	rui_status status;

	status = sort_entries(builder, error);
	if (status == RUI_OK)
		status = lay_out(builder, &head, &size, error);
	if (status != RUI_OK)
		return status;
	part = rui_allocate_zero(env, 1, size);
	if (part == NULL)
		return rui_fail_memory(error, size);
	*part = head;
	copy_areas(builder, part);
	rui_gridmap_shape_of(part, &shape);
	if (head.areas == 0)
	{
		memset(&raster, 0, sizeof raster);
		status = RUI_OK;
	}
	else
		status = rui_gridmap_rasterize(env, &shape, &raster, error);
	if (status == RUI_OK)
	{
		status = set_hash(env, part, error);
		if (status == RUI_OK && rui_interrupted(env))
			status = rui_fail_interrupted(error);
		if (status == RUI_OK && builder->hash_known &&
			memcmp(part->hash, builder->hash, sizeof part->hash) != 0)
			status = fail_binary(error, 0, "The areas are not in canonical form");
		if (status == RUI_OK)
			status = join(env, part, size, &raster, map, error);
		rui_gridmap_raster_release(env, &raster);
	}
	rui_release(env, part);
	return status;
}

size_t
rui_gridmap_counts(const rui_gridmap *map)
{
	return (size_t) map->polygons + map->rings + 1;
}

void
rui_gridmap_area(const rui_gridmap *map, uint32_t index, uint32_t *counts, int64_t *grid,
				 rui_area *area)
{
	rui_gridmap *m = (rui_gridmap *) map; /* the result is only read */
	const uint32_t *areas = at(m, map->at_area);
	const uint32_t *polygons = at(m, map->at_polygon);
	const uint32_t *rings = at(m, map->at_ring);
	uint32_t first_ring = polygons[areas[index]];
	uint32_t end_ring = polygons[areas[index + 1]];
	uint32_t i;

	memset(area, 0, sizeof *area);
	*grid = ((const int64_t *) at(m, map->at_grid))[index];
	area->srid = map->srid;
	area->multi = ((const uint32_t *) at(m, map->at_multi))[index] != 0;
	area->polygons = areas[index + 1] - areas[index];
	area->rings = end_ring - first_ring;
	area->points = rings[end_ring] - rings[first_ring];
	area->polygon_rings = counts;
	for (i = areas[index]; i < areas[index + 1]; i++)
		*counts++ = polygons[i + 1] - polygons[i];
	area->ring_points = counts;
	for (i = first_ring; i < end_ring; i++)
		*counts++ = rings[i + 1] - rings[i];
	area->xy = (double *) at(m, map->at_xy) + 2 * (size_t) rings[first_ring];
}

/* ---- forms ---- */

static void
put_integer(rui_text *text, uint64_t value, int bytes)
{
	char buffer[8];
	int i;

	for (i = 0; i < bytes; i++)
		buffer[i] = (char) (value >> (8 * (bytes - 1 - i)));
	rui_text_append(text, buffer, (size_t) bytes);
}

static uint64_t
get_integer(const unsigned char **from, int bytes)
{
	uint64_t value = 0;

	for (; bytes > 0; bytes--)
		value = value << 8 | *(*from)++;
	return value;
}

/*
 * Network byte order: version (1 byte), srid (4), areas (4), then for each
 * its grid (8), the size of its WKB (4) and the WKB.
 */
static void
write_content(const rui_gridmap *map, rui_text *text)
{
	uint32_t *counts = rui_allocate(text->env, rui_gridmap_counts(map), sizeof(uint32_t));
	uint32_t i;

	if (counts == NULL)
	{
		text->failed = true;
		return;
	}
	put_integer(text, RUI_GRIDMAP_VERSION, 1);
	put_integer(text, (uint64_t) map->srid, 4);
	put_integer(text, map->areas, 4);
	for (i = 0; i < map->areas; i++)
	{
		int64_t grid;
		rui_area area;

		rui_gridmap_area(map, i, counts, &grid, &area);
		put_integer(text, (uint64_t) grid, 8);
		put_integer(text, rui_wkb_area_size(&area), 4);
		rui_wkb_write_area(text, &area, false);
	}
	rui_release(text->env, counts);
}

void
rui_gridmap_write_binary(const rui_gridmap *map, rui_text *text)
{
	rui_text_append(text, (const char *) map->hash, RUI_CONTENT_HASH_SIZE);
	write_content(map, text);
}

void
rui_gridmap_write_text(const rui_gridmap *map, rui_text *text)
{
	uint32_t *counts = rui_allocate(text->env, rui_gridmap_counts(map), sizeof(uint32_t));
	uint32_t i;

	if (counts == NULL)
	{
		text->failed = true;
		return;
	}
	rui_text_format(text, "{\"srid\":%d,\"areas\":[", map->srid);
	for (i = 0; i < map->areas; i++)
	{
		int64_t grid;
		rui_area area;

		rui_gridmap_area(map, i, counts, &grid, &area);
		rui_text_format(text, "%s{\"grid\":%" PRId64 ",\"area\":\"", i == 0 ? "" : ",", grid);
		rui_wkb_write_area(text, &area, true);
		rui_text_add(text, "\"}");
	}
	rui_text_add(text, "]}");
	rui_release(text->env, counts);
}

static rui_status
read_binary_areas(rui_gridmap_builder *builder, const unsigned char *start,
				  const unsigned char *from, const unsigned char *end, uint64_t areas,
				  rui_error *error)
{
	for (; areas > 0; areas--)
	{
		const rui_gridmap_entry *last;
		rui_area area;
		int64_t grid;
		uint64_t size;
		rui_status status;

		if (end - from < 12)
			return fail_binary(error, from - start, "The value ends too early");
		grid = (int64_t) get_integer(&from, 8);
		size = get_integer(&from, 4);
		if (size > (uint64_t) (end - from))
			return fail_binary(error, from - start, "The value ends too early");
		status = rui_wkb_read_area(builder->env, from, size, &area, error);
		if (status != RUI_OK)
			return status;
		area.srid = builder->srid;
		status = rui_gridmap_add(builder, grid, &area, error);
		if (status != RUI_OK)
		{
			rui_area_release(builder->env, &area);
			return status;
		}
		last = &builder->entries[builder->count - 1];
		if (builder->count > 1 && compare_entries(last - 1, last) >= 0)
			return fail_binary(error, from - start, "The areas are not in canonical order");
		from += size;
		if ((areas & 63) == 0 && rui_interrupted(builder->env))
			return rui_fail_interrupted(error);
	}
	if (from != end)
		return fail_binary(error, from - start, "More bytes follow the value");
	return RUI_OK;
}

rui_status
rui_gridmap_read_binary(rui_gridmap_builder *builder, const void *bytes, size_t length,
						rui_error *error)
{
	const unsigned char *start = bytes;
	const unsigned char *from = start + RUI_CONTENT_HASH_SIZE;
	unsigned char hash[RUI_CONTENT_HASH_SIZE];
	uint64_t srid;
	uint64_t areas;

	if (length < RUI_CONTENT_HASH_SIZE + 9)
		return fail_binary(error, 0, "The value ends too early");
	rui_content_hash(from, length - RUI_CONTENT_HASH_SIZE, hash);
	if (memcmp(hash, start, sizeof hash) != 0)
		return fail_binary(error, 0, "The hash does not belong to the content");
	if (get_integer(&from, 1) != RUI_GRIDMAP_VERSION)
		return fail_binary(error, RUI_CONTENT_HASH_SIZE, "The version is unknown");
	srid = get_integer(&from, 4);
	if (srid > RUI_SRID_MAX)
		return fail_binary(error, RUI_CONTENT_HASH_SIZE + 1, "The SRID is out of range");
	areas = get_integer(&from, 4);
	builder->srid = (int32_t) srid;
	builder->hash_known = true;
	memcpy(builder->hash, hash, sizeof hash);
	return read_binary_areas(builder, start, from, start + length, areas, error);
}

static rui_status
read_text_area(rui_gridmap_builder *builder, const rui_json *value, rui_error *error)
{
	static const char *const keys[] = { "grid", "area", NULL };
	const rui_json *grid = NULL;
	const rui_json *hex = NULL;
	int64_t id;
	rui_area area;
	rui_status status = rui_json_expect(value, RUI_JSON_OBJECT, error);

	if (status == RUI_OK)
		status = rui_json_only(value, keys, error);
	if (status != RUI_OK)
		return status;
	grid = rui_json_member(value, "grid");
	hex = rui_json_member(value, "area");
	if (grid == NULL || hex == NULL)
		return rui_json_fail(error, RUI_INVALID, value, "Give grid and area.",
							 "The key \"%s\" is missing.", grid == NULL ? "grid" : "area");
	status = rui_json_integer(grid, INT64_MIN, INT64_MAX, &id, error);
	if (status == RUI_OK)
		status = rui_json_expect(hex, RUI_JSON_STRING, error);
	if (status != RUI_OK)
		return status;
	status = rui_wkb_read_area_hex(builder->env, hex->text, hex->length, &area, error);
	if (status == RUI_OK)
	{
		area.srid = builder->srid;
		status = rui_gridmap_add(builder, id, &area, error);
		if (status != RUI_OK)
			rui_area_release(builder->env, &area);
	}
	else if (error != NULL && status != RUI_INTERRUPTED && status != RUI_MEMORY)
	{
		rui_error inner = *error;

		rui_json_fail(error, status, hex, inner.hint[0] != '\0' ? inner.hint : NULL, "%s",
					  inner.detail);
	}
	return status;
}

static rui_status
read_document(rui_gridmap_builder *builder, const rui_json *root, rui_error *error)
{
	static const char *const keys[] = { "srid", "areas", NULL };
	const rui_json *member;
	int64_t srid = 0;
	rui_status status = rui_json_expect(root, RUI_JSON_OBJECT, error);

	if (status == RUI_OK)
		status = rui_json_only(root, keys, error);
	if (status != RUI_OK)
		return status;
	member = rui_json_member(root, "srid");
	if (member != NULL)
		status = rui_json_integer(member, 0, RUI_SRID_MAX, &srid, error);
	if (status != RUI_OK)
		return status;
	builder->srid = (int32_t) srid;
	member = rui_json_member(root, "areas");
	if (member == NULL)
		return rui_json_fail(error, RUI_INVALID, root, "Give {\"srid\":…,\"areas\":[…]}.",
							 "The key \"areas\" is missing.");
	status = rui_json_expect(member, RUI_JSON_ARRAY, error);
	if (status != RUI_OK)
		return status;
	for (member = member->first; member != NULL; member = member->next)
	{
		status = read_text_area(builder, member, error);
		if (status == RUI_OK && rui_interrupted(builder->env))
			status = rui_fail_interrupted(error);
		if (status != RUI_OK)
			return status;
	}
	return RUI_OK;
}

rui_status
rui_gridmap_read_text(rui_gridmap_builder *builder, const char *text, size_t length,
					  rui_error *error)
{
	rui_json_document document;
	rui_status status = rui_json_parse(builder->env, text, length, &document, error);

	if (status != RUI_OK)
		return status;
	status = read_document(builder, document.root, error);
	rui_json_release(builder->env, &document);
	return status;
}
