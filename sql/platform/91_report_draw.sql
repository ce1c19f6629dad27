-- Drawing for reports: text in, SVG or HTML out; every text passes rui._html.

CREATE FUNCTION rui._svg_bars(title text, bars jsonb, greatest_value numeric DEFAULT NULL) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	row_height CONSTANT integer := 24;
	label_width CONSTANT integer := 210;
	bar_width CONSTANT integer := 360;
	top numeric;
	count_bars integer := jsonb_array_length(bars);
	drawn text;
BEGIN
	SELECT greatest(coalesce(greatest_value, max((b ->> 'value')::numeric)), 0.000001) INTO top
	FROM jsonb_array_elements(bars) AS b;
	SELECT string_agg(format(
		'<g data-key="%s" data-value="%s"><title>%s: %s</title>'
		'<text x="%s" y="%s" text-anchor="end">%s</text>'
		'<rect x="%s" y="%s" width="%s" height="16" rx="2"/>'
		'<text class="value" x="%s" y="%s">%s</text></g>',
		rui._html(b.bar ->> 'key'), rui._html(b.bar ->> 'value'), rui._html(b.bar ->> 'label'), rui._html(b.bar ->> 'text'),
		label_width - 8, (b.place - 1) * row_height + 16, rui._html(rui._short(b.bar ->> 'label', 26)),
		label_width, (b.place - 1) * row_height + 4,
		trim_scale(round(bar_width * greatest((b.bar ->> 'value')::numeric, 0) / top, 1)),
		label_width + 6 + trim_scale(round(bar_width * greatest((b.bar ->> 'value')::numeric, 0) / top, 1)),
		(b.place - 1) * row_height + 16, rui._html(b.bar ->> 'text')), '' ORDER BY b.place) INTO drawn
	FROM jsonb_array_elements(bars) WITH ORDINALITY AS b(bar, place);
	RETURN format('<svg class="bars" role="img" aria-label="%s" viewBox="0 0 760 %s">%s</svg>',
		rui._html(title), greatest(count_bars, 1) * row_height + 4, coalesce(drawn, ''));
END
$$;
COMMENT ON FUNCTION rui._svg_bars(text, jsonb, numeric) IS
'Internal: horizontal bars as SVG. bars: array of {"key","label","value","text"}; value is a number, text what is written beside the bar; the longest bar stands for greatest_value, or for the greatest value.';

CREATE FUNCTION rui._svg_days(title text, days jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	height CONSTANT integer := 140;
	left_edge CONSTANT integer := 44;
	step numeric;
	most numeric;
	columns_drawn text;
	line_drawn text;
	dots_drawn text;
BEGIN
	SELECT greatest(max((d ->> 'count')::numeric), 1), 700.0 / greatest(count(*), 1) INTO most, step
	FROM jsonb_array_elements(days) AS d;
	SELECT string_agg(format('<rect class="volume" x="%s" y="%s" width="%s" height="%s"/>',
			round(left_edge + (d.place - 1) * step + step * 0.15, 1),
			round(height - (d.entry ->> 'count')::numeric / most * height * 0.6, 1), round(step * 0.7, 1),
			round((d.entry ->> 'count')::numeric / most * height * 0.6, 1)), '' ORDER BY d.place),
		string_agg(CASE WHEN d.entry ->> 'share' IS NOT NULL THEN
			format('%s,%s', round(left_edge + (d.place - 0.5) * step, 1), round(height * (1 - (d.entry ->> 'share')::numeric), 1))
			END, ' ' ORDER BY d.place),
		string_agg(format('<g data-day="%s" data-count="%s" data-share="%s"><title>%s</title>%s'
			'<rect class="hit" x="%s" y="0" width="%s" height="%s"/></g>',
			rui._html(d.entry ->> 'day'), rui._html(d.entry ->> 'count'), rui._html(d.entry ->> 'share'),
			rui._html(d.entry ->> 'text'),
			CASE WHEN d.entry ->> 'share' IS NOT NULL THEN format('<circle cx="%s" cy="%s" r="3"/>',
				round(left_edge + (d.place - 0.5) * step, 1), round(height * (1 - (d.entry ->> 'share')::numeric), 1)) ELSE '' END,
			round(left_edge + (d.place - 1) * step, 1), round(step, 1), height), '' ORDER BY d.place)
			|| string_agg(CASE WHEN d.place % 5 = 1 THEN format('<text x="%s" y="%s" text-anchor="middle">%s</text>',
				round(left_edge + (d.place - 0.5) * step, 1), height + 16, rui._html(right(d.entry ->> 'day', 5))) ELSE '' END,
				'' ORDER BY d.place)
	INTO columns_drawn, line_drawn, dots_drawn
	FROM jsonb_array_elements(days) WITH ORDINALITY AS d(entry, place);
	RETURN format('<svg class="days" role="img" aria-label="%s" viewBox="0 -10 760 %s">'
		'<g class="axis"><line x1="%s" y1="0" x2="744" y2="0"/><line x1="%s" y1="%s" x2="744" y2="%s"/>'
		'<line x1="%s" y1="%s" x2="744" y2="%s"/><text x="%s" y="4" text-anchor="end">100 %%</text>'
		'<text x="%s" y="%s" text-anchor="end">50 %%</text><text x="%s" y="%s" text-anchor="end">0</text></g>'
		'%s<polyline points="%s"/>%s</svg>',
		rui._html(title), height + 34, left_edge, left_edge, height / 2, height / 2, left_edge, height, height,
		left_edge - 6, left_edge - 6, height / 2 + 4, left_edge - 6, height + 4,
		coalesce(columns_drawn, ''), coalesce(line_drawn, ''), coalesce(dots_drawn, ''));
END
$$;
COMMENT ON FUNCTION rui._svg_days(text, jsonb) IS
'Internal: a month as SVG: bars for how many, a line for the share. days: array of {"day": "2026-01-31", "count": number, "share": 0 to 1 or null, "text"}.';

CREATE FUNCTION rui._svg_map(title text, areas jsonb) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
DECLARE
	width CONSTANT numeric := 720;
	west float8;
	south float8;
	east float8;
	north float8;
	squeeze float8;
	zoom float8;
	most numeric;
	drawn text;
BEGIN
	-- The map covers all areas; the fullest one is darkest.
	SELECT min(ST_XMin(a.shape)), min(ST_YMin(a.shape)), max(ST_XMax(a.shape)), max(ST_YMax(a.shape)), greatest(max(a.load), 1)
	INTO west, south, east, north, most
	FROM (SELECT (e ->> 'area')::geometry AS shape, (e ->> 'value')::numeric AS load FROM jsonb_array_elements(areas) AS e) AS a;
	IF west IS NULL THEN
		RETURN format('<svg class="map" role="img" aria-label="%s" viewBox="0 0 %s 40"></svg>', rui._html(title), width);
	END IF;
	-- An equirectangular drawing: a degree of longitude is cos(latitude) as long as one of latitude.
	squeeze := cos(radians((south + north) / 2));
	zoom := width / greatest((east - west) * squeeze, (north - south), 1e-9);
	SELECT string_agg(format('<g class="area" data-grid="%s" data-load="%s"><title>%s</title>'
			'<path d="%s" fill-opacity="%s"/></g>',
			rui._html(a.entry ->> 'key'), rui._html(a.entry ->> 'value'), rui._html(a.entry ->> 'text'),
			ST_AsSVG(a.drawn, 0, 1), round(0.12 + 0.75 * (a.entry ->> 'value')::numeric / most, 3)), '' ORDER BY a.place)
		|| string_agg(format('<text x="%s" y="%s" text-anchor="middle">%s</text>',
			round(ST_X(ST_PointOnSurface(a.drawn))::numeric, 1), round(-ST_Y(ST_PointOnSurface(a.drawn))::numeric, 1),
			rui._html(rui._short(a.entry ->> 'label', 12))), '' ORDER BY a.place)
	INTO drawn
	FROM (
		SELECT e.entry, e.place, ST_Affine((e.entry ->> 'area')::geometry, squeeze * zoom, 0, 0, zoom,
			-west * squeeze * zoom, -north * zoom) AS drawn
		FROM jsonb_array_elements(areas) WITH ORDINALITY AS e(entry, place)) AS a;
	RETURN format('<svg class="map" role="img" aria-label="%s" viewBox="-2 -2 %s %s">%s</svg>', rui._html(title),
		ceil((east - west) * squeeze * zoom) + 4, ceil((north - south) * zoom) + 4, drawn);
END
$$;
COMMENT ON FUNCTION rui._svg_map(text, jsonb) IS
'Internal: territories as SVG, shaded by value. areas: array of {"key","label","text","value","area"}; area is a geometry in WGS 84 as text. Drawn equirectangular at the middle latitude.';

CREATE FUNCTION rui._html_table(heads text[], lines jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	head text;
	body text;
BEGIN
	-- A head stands where its column does.
	SELECT string_agg(format('<th%s>%s</th>', CASE WHEN jsonb_typeof(lines -> 0 -> (h.place - 1)::integer) = 'number'
			THEN ' class="number"' ELSE '' END, rui._html(h.head)), '' ORDER BY h.place) INTO head
	FROM unnest(heads) WITH ORDINALITY AS h(head, place);
	SELECT string_agg('<tr>' || (
			SELECT string_agg(format('<td%s>%s</td>', CASE WHEN jsonb_typeof(c.cell) = 'number' THEN ' class="number"' ELSE '' END,
				rui._html(c.cell #>> '{}')), '' ORDER BY c.place)
			FROM jsonb_array_elements(l.line) WITH ORDINALITY AS c(cell, place)) || '</tr>', '' ORDER BY l.place) INTO body
	FROM jsonb_array_elements(lines) WITH ORDINALITY AS l(line, place);
	RETURN format('<table><thead><tr>%s</tr></thead><tbody>%s</tbody></table>', head, coalesce(body, ''));
END
$$;
COMMENT ON FUNCTION rui._html_table(text[], jsonb) IS
'Internal: an HTML table. lines: array of arrays of strings and numbers; numbers are set to the right.';
