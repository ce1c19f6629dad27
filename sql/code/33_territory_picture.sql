-- A picture of territories as SVG: areas in colours that neighbours do not
-- share, houses, ways and barriers over them, a table beside them.
--
-- As the pictures of calendars: one element that needs nothing else, what it
-- names in itself begins with its key, nothing depends on the session.

CREATE FUNCTION rui._colour_nodes(count_nodes integer, from_nodes integer[], to_nodes integer[]) RETURNS integer[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	neighbours jsonb;
	degree integer[] := array_fill(0, ARRAY[count_nodes]);
	is_left boolean[] := array_fill(true, ARRAY[count_nodes]);
	colour integer[] := array_fill(0, ARRAY[count_nodes]);
	last_first integer[] := '{}';
	beside integer[];
	next_node integer;
	other integer;
	picked integer;
BEGIN
	SELECT coalesce(jsonb_object_agg(n.node, n.others), '{}') INTO neighbours FROM (
		SELECT e.node, jsonb_agg(DISTINCT e.other) AS others FROM (
			SELECT u.a, u.b FROM unnest(from_nodes, to_nodes) AS u(a, b) UNION ALL SELECT u.b, u.a FROM unnest(from_nodes, to_nodes) AS u(a, b)) AS e(node, other)
		WHERE e.node <> e.other GROUP BY e.node) AS n;
	FOR i IN 1 .. count_nodes LOOP
		degree[i] := coalesce(jsonb_array_length(neighbours -> i::text), 0);
	END LOOP;
	-- Who has the fewest neighbours left goes first and is coloured last: on a
	-- map that is never more than five, so that six colours are enough.
	FOR i IN 1 .. count_nodes LOOP
		SELECT n.node INTO next_node FROM unnest(degree, is_left) WITH ORDINALITY AS n(degree, is_left, node)
		WHERE n.is_left ORDER BY n.degree, n.node DESC LIMIT 1;
		is_left[next_node] := false;
		last_first := next_node || last_first;
		FOR other IN SELECT e::integer FROM jsonb_array_elements_text(neighbours -> next_node::text) AS e LOOP
			degree[other] := degree[other] - 1;
		END LOOP;
	END LOOP;
	FOREACH next_node IN ARRAY last_first LOOP
		SELECT coalesce(array_agg(colour[e::integer]), '{}') INTO beside FROM jsonb_array_elements_text(neighbours -> next_node::text) AS e;
		-- Of those free the one used least so far, so that few look alike.
		SELECT c.c INTO picked FROM generate_series(1, greatest(6, cardinality(beside) + 1)) AS c(c)
		WHERE c.c <> ALL (beside)
		ORDER BY c.c > 6, (SELECT count(*) FROM unnest(colour) AS u(used) WHERE u.used = c.c), c.c LIMIT 1;
		colour[next_node] := picked;
	END LOOP;
	RETURN colour;
END
$$;
COMMENT ON FUNCTION rui._colour_nodes(integer, integer[], integer[]) IS
'Internal: a colour, from 1, for each of count_nodes nodes of a graph, such that the ends of an edge (from_nodes, to_nodes) never share one: greedily, smallest degree last (Matula and Beck, Journal of the ACM 30, 1983, 417-427), at most six where the graph is a map of connected areas.';

CREATE FUNCTION rui._territory_style(key text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	-- Okabe and Ito's colours, which colour-blind people tell apart.
	rules CONSTANT text := '~ text{font:12px system-ui,-apple-system,"Segoe UI","Noto Sans","Noto Sans SC","PingFang SC","Microsoft YaHei",sans-serif;fill:#1c2733}'
		'~ .title{font-size:17px;font-weight:600}~ .soft{fill:#5b6b7b}~ .number{text-anchor:end}~ .paper{fill:#fff;stroke:#d5dce3}'
		'~ .area{stroke:#1c2733;stroke-width:1.6;stroke-linejoin:round;fill-opacity:.42}'
		'~ .c1{fill:#0072b2}~ .c2{fill:#e69f00}~ .c3{fill:#009e73}~ .c4{fill:#cc79a7}~ .c5{fill:#f0e442}~ .c6{fill:#d55e00}~ .c7{fill:#8a8f98}'
		'~ .house{fill:#1c2733;fill-opacity:.38}~ .way{fill:none;stroke:#fff;stroke-linejoin:round;stroke-linecap:round}'
		'~ .major{stroke-width:3.4}~ .street{stroke-width:2}~ .foot{stroke-width:1.1;stroke-dasharray:3 2.4}~ .bridge{stroke-width:4.4;stroke:#1c2733;stroke-opacity:.75;stroke-linecap:butt}'
		'~ .closed{stroke:#7d2a1e;stroke-width:2.2;stroke-dasharray:7 3}~ .bar{fill:none;stroke-linejoin:round}~ .river{stroke:#0b5cad;stroke-width:3.2}'
		'~ .railway{stroke:#1c2733;stroke-width:2.2;stroke-dasharray:9 4}~ .road{stroke:#8a5a00;stroke-width:2.6}~ .wall,~ .fence,~ .other{stroke:#5a2d6e;stroke-width:2.2}'
		'~ .fence{stroke-dasharray:2 2}~ .other{stroke-dasharray:6 2 1 2}~ .gate{fill:#fff;stroke:#1c2733;stroke-width:1.6}~ .shut{fill:#1c2733}'
		'~ .code{font-weight:700;text-anchor:middle;paint-order:stroke;stroke:#fff;stroke-width:3.5px;stroke-opacity:.85}'
		'~ .swatch{stroke:#1c2733;fill-opacity:.42}~ .rule{stroke:#d5dce3}~ .ground{fill:#b9c7d3}~ .scale{stroke:#1c2733;stroke-width:1.5;fill:none}';
	dark CONSTANT text := '~ text{fill:#e6edf3}~ .soft{fill:#9aa9b8}~ .paper{fill:#10161d;stroke:#2b3642}~ .area{stroke:#e6edf3}~ .house{fill:#e6edf3}'
		'~ .way{stroke:#10161d}~ .bridge{stroke:#e6edf3}~ .closed{stroke:#ff9a8a}~ .river{stroke:#7cc0ff}~ .railway{stroke:#e6edf3}~ .road{stroke:#e0b050}'
		'~ .wall,~ .fence,~ .other{stroke:#d7a6ee}~ .gate{fill:#10161d;stroke:#e6edf3}~ .shut{fill:#e6edf3}~ .code{stroke:#10161d}~ .swatch{stroke:#e6edf3}~ .rule{stroke:#2b3642}~ .ground{fill:#4a5866}'
		'~ .scale{stroke:#e6edf3}';
BEGIN
	RETURN replace('<style>' || rules || '@media (prefers-color-scheme:dark){' || dark || '}</style>', '~', '#' || key);
END
$$;
COMMENT ON FUNCTION rui._territory_style(text) IS
'Internal: style sheet of a picture of territories whose element has that key as its id; colours for light and dark that also colour-blind people tell apart.';

CREATE FUNCTION rui._territory_words(lang text) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF lang = 'en' THEN
		RETURN jsonb_build_object('grid', 'grid', 'steward', 'steward', 'homes', 'homes', 'load', 'load', 'off', 'off the mean', 'all', 'all',
			'major', 'main street', 'street', 'street', 'foot', 'footway', 'bridge', 'bridge, tunnel', 'closed', 'closed street', 'river', 'river',
			'railway', 'railway', 'road', 'road as barrier', 'wall', 'wall', 'fence', 'fence', 'other', 'other barrier', 'gate', 'passage', 'shut', 'closed passage',
			'title', 'Grids of %s', 'about', 'plan %s, %s · uneven by at most %s %% · compactness %s · borders %s', 'said', '%s: %s, homes %s, load %s, %s %% off the mean',
			'nobody', 'nobody', 'm', '%s m', 'km', '%s km');
	ELSIF lang = 'zh' THEN
		RETURN jsonb_build_object('grid', '网格', 'steward', '管家', 'homes', '户数', 'load', '负荷', 'off', '与均值之差', 'all', '合计',
			'major', '主要道路', 'street', '道路', 'foot', '步行道', 'bridge', '桥、隧道', 'closed', '封闭道路', 'river', '河流',
			'railway', '铁路', 'road', '阻隔道路', 'wall', '围墙', 'fence', '围栏', 'other', '其他阻隔', 'gate', '通道', 'shut', '关闭的通道',
			'title', '%s的网格', 'about', '方案%s(%s)· 负荷偏差至多%s%% · 紧凑度%s · 界线长%s', 'said', '%s:%s,%s户,负荷%s,与均值相差%s%%',
			'nobody', '无人', 'm', '%s米', 'km', '%s公里');
	END IF;
	RAISE EXCEPTION 'lang "%" is not known', lang
		USING ERRCODE = 'invalid_parameter_value', HINT = 'Give ''en'' or ''zh''.';
END
$$;
COMMENT ON FUNCTION rui._territory_words(text) IS
'Internal: the words of pictures of territories in lang en or zh; %s stands for what is put in. Error 22023 unknown lang.';

CREATE FUNCTION rui._metres_text(metres double precision, words jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN CASE WHEN metres < 1000 THEN format(words ->> 'm', round(metres)) ELSE format(words ->> 'km', trim_scale(round(metres::numeric / 1000, 1))) END;
END
$$;
COMMENT ON FUNCTION rui._metres_text(double precision, jsonb) IS 'Internal: a length with its unit, metres below a kilometre.';

CREATE FUNCTION rui._territory_svg(title text, about text, areas jsonb, lines jsonb, houses geometry, points jsonb, attributes text, lang text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	map_width CONSTANT double precision := 660;
	map_height CONSTANT double precision := 760;
	left_edge CONSTANT integer := 14;
	top CONSTANT integer := 70;
	table_x CONSTANT integer := 696;
	line_classes CONSTANT text[] := '{foot,street,major,closed,road,railway,river,fence,wall,other,bridge}';
	words CONSTANT jsonb := rui._territory_words(lang);
	key CONSTANT text := 'g' || left(encode(sha256(convert_to(concat_ws('/', title, about, areas, lines, points, lang), 'UTF8')), 'hex'), 10);
	colours integer[];
	west double precision;
	south double precision;
	east double precision;
	north double precision;
	frame geometry;
	squeeze double precision;
	zoom double precision;
	high integer;
	bottom integer;
	mean double precision;
	drawn text;
	ways text;
	buildings text;
	marks text;
	labels text;
	table_drawn text;
	legend text := '';
	said text;
	classes text[];
	x numeric := 0;
	y integer := 0;
	class text;
	scale_m double precision;
BEGIN
	SELECT min(ST_XMin(a.area)), min(ST_YMin(a.area)), max(ST_XMax(a.area)), max(ST_YMax(a.area)), avg(a.load), ST_ConvexHull(ST_Collect(a.area))
	INTO west, south, east, north, mean, frame
	FROM (SELECT (e ->> 'area')::geometry AS area, (e ->> 'load')::double precision AS load FROM jsonb_array_elements(areas) AS e) AS a;
	-- A degree of longitude is cos(latitude) as long as one of latitude.
	squeeze := greatest(cos(radians((south + north) / 2)), 0.01);
	zoom := least(map_width / greatest((east - west) * squeeze, 1e-9), map_height / greatest(north - south, 1e-9));
	high := greatest(ceil((north - south) * zoom)::integer, 120);

	SELECT rui._colour_nodes(jsonb_array_length(areas), array_agg(a.place::integer), array_agg(b.place::integer)) INTO colours
	FROM (SELECT e.place, (e.entry ->> 'area')::geometry AS area FROM jsonb_array_elements(areas) WITH ORDINALITY AS e(entry, place) OFFSET 0) AS a
	JOIN (SELECT e.place, (e.entry ->> 'area')::geometry AS area FROM jsonb_array_elements(areas) WITH ORDINALITY AS e(entry, place) OFFSET 0) AS b
		ON a.place < b.place AND a.area && b.area AND ST_Relate(a.area, b.area, '****1****');

	SELECT string_agg(format('<path class="area c%s" data-grid="%s" data-homes="%s" data-load="%s" data-off="%s" d="%s"><title>%s</title></path>',
			CASE WHEN colours[a.place] BETWEEN 1 AND 6 THEN colours[a.place] ELSE CASE WHEN colours[a.place] > 6 THEN 7 ELSE 1 END END,
			rui._html(a.entry ->> 'key'), a.entry ->> 'homes', a.entry ->> 'load', a.off,
			ST_AsSVG(ST_SnapToGrid(a.shape, 0.1), 1, 1), rui._html(a.said)), E'\n' ORDER BY a.place),
		string_agg(format('<text class="code" x="%s" y="%s">%s</text>', round(ST_X(a.middle)::numeric, 1), round(-ST_Y(a.middle)::numeric + 4, 1),
			rui._html(rui._short(a.entry ->> 'label', 14))), '' ORDER BY a.place),
		string_agg(a.said, E'\n' ORDER BY a.place)
	INTO drawn, labels, said
	FROM (
		SELECT s.*, ST_PointOnSurface(s.shape) AS middle, format(words ->> 'said', s.entry ->> 'label', coalesce(s.entry ->> 'steward', words ->> 'nobody'),
			s.entry ->> 'homes', trim_scale(round((s.entry ->> 'load')::numeric, 1)), to_char(s.off, 'FMS990.0')) AS said
		FROM (
			SELECT e.entry, e.place, ST_Affine((e.entry ->> 'area')::geometry, squeeze * zoom, 0, 0, zoom, -west * squeeze * zoom, -north * zoom) AS shape,
				round((100 * coalesce((e.entry ->> 'load')::double precision / nullif(mean, 0) - 1, 0))::numeric, 1) AS off
			FROM jsonb_array_elements(areas) WITH ORDINALITY AS e(entry, place) OFFSET 0) AS s OFFSET 0) AS a;

	SELECT string_agg(format('<path class="%s %s" d="%s"/>', CASE WHEN l.class IN ('foot', 'street', 'major', 'closed', 'bridge') THEN 'way' ELSE 'bar' END,
			l.class, ST_AsSVG(l.shape, 1, 1)), E'\n' ORDER BY array_position(line_classes, l.class)),
		coalesce(array_agg(l.class ORDER BY array_position(line_classes, l.class)), '{}')
	INTO ways, classes
	FROM (
		SELECT e ->> 'class' AS class, ST_SnapToGrid(ST_Simplify(ST_Affine(ST_Intersection((e ->> 'line')::geometry,
			frame),
			squeeze * zoom, 0, 0, zoom, -west * squeeze * zoom, -north * zoom), 0.3), 0.1) AS shape
		FROM jsonb_array_elements(lines) AS e OFFSET 0) AS l
	WHERE NOT ST_IsEmpty(l.shape);
	SELECT string_agg(ST_AsSVG(h.shape, 1, 1), '') INTO buildings
	FROM (SELECT ST_SnapToGrid(ST_Affine(houses, squeeze * zoom, 0, 0, zoom, -west * squeeze * zoom, -north * zoom), 0.2) AS shape) AS h
	WHERE NOT ST_IsEmpty(h.shape);
	SELECT string_agg(format('<circle class="gate%s" cx="%s" cy="%s" r="3.4"><title>%s</title></circle>', CASE WHEN p.entry -> 'closed' = 'true' THEN ' shut' ELSE '' END,
			round(ST_X(p.spot)::numeric, 1), round(-ST_Y(p.spot)::numeric, 1), rui._html(p.entry ->> 'label')), '' ORDER BY p.place),
		classes || array_remove(ARRAY[CASE WHEN bool_or(p.entry -> 'closed' = 'false') THEN 'gate' END, CASE WHEN bool_or(p.entry -> 'closed' = 'true') THEN 'shut' END], NULL)
	INTO marks, classes
	FROM (
		SELECT e.entry, e.place, ST_Affine((e.entry ->> 'point')::geometry, squeeze * zoom, 0, 0, zoom, -west * squeeze * zoom, -north * zoom) AS spot
		FROM jsonb_array_elements(points) WITH ORDINALITY AS e(entry, place) OFFSET 0) AS p
	WHERE ST_X(p.spot) BETWEEN 0 AND map_width AND -ST_Y(p.spot) BETWEEN 0 AND high;

	SELECT string_agg(format('<g data-grid="%s" transform="translate(0 %s)"><rect class="swatch c%s" x="0" y="3" width="16" height="13"/>'
			'<text x="24" y="14">%s</text><text x="78" y="14">%s</text><text class="number" x="206" y="14">%s</text><text class="number" x="266" y="14">%s</text>'
			'<text class="number" x="316" y="14">%s</text></g>',
			rui._html(a.entry ->> 'key'), 8 + a.place * 20, CASE WHEN colours[a.place] > 6 THEN 7 ELSE coalesce(colours[a.place], 1) END,
			rui._html(rui._short(a.entry ->> 'label', 8)), rui._html(rui._short(coalesce(a.entry ->> 'steward', words ->> 'nobody'), 12)),
			a.entry ->> 'homes', trim_scale(round((a.entry ->> 'load')::numeric, 1)), to_char(a.off, 'FMS990.0')), E'\n' ORDER BY a.place)
			|| format(E'\n<path class="rule" d="M0 %1$sh320"/><text x="24" y="%2$s">%3$s</text><text class="number" x="206" y="%2$s">%4$s</text>'
				'<text class="number" x="266" y="%2$s">%5$s</text>',
				32 + count(*) * 20, 47 + count(*) * 20, rui._html(words ->> 'all'), sum((a.entry ->> 'homes')::numeric),
				trim_scale(round(sum((a.entry ->> 'load')::numeric), 1)))
	INTO table_drawn
	FROM (
		SELECT e.entry, e.place, round((100 * coalesce((e.entry ->> 'load')::double precision / nullif(mean, 0) - 1, 0))::numeric, 1) AS off
		FROM jsonb_array_elements(areas) WITH ORDINALITY AS e(entry, place)) AS a;
	FOREACH class IN ARRAY classes LOOP
		IF x > 0 AND x + 34 + rui._text_width(words ->> class) > 320 THEN
			x := 0;
			y := y + 20;
		END IF;
		legend := legend || CASE WHEN class IN ('gate', 'shut') THEN format('<circle class="gate%s" cx="%s" cy="%s" r="3.4"/>', CASE class WHEN 'shut' THEN ' shut' ELSE '' END, x + 12, y + 8.5)
			ELSE format('<rect class="ground" x="%s" y="%s" width="24" height="13"/>', x, y + 2) || format('<path class="%s %s" d="M%s %sh22"/>', CASE WHEN class IN ('foot', 'street', 'major', 'closed', 'bridge') THEN 'way' ELSE 'bar' END, class, x + 1, y + 8.5) END
			|| format('<text x="%s" y="%s">%s</text>', x + 30, y + 13, rui._html(words ->> class));
		x := x + 46 + round(rui._text_width(words ->> class));
	END LOOP;
	bottom := greatest(high, 40 + (jsonb_array_length(areas) + 1) * 20 + y + 70) + top + 16;
	scale_m := (SELECT max(s.m) FROM unnest(ARRAY[1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000]) AS s(m) WHERE s.m / 111195.0 * zoom <= 150);
	RETURN format(E'<svg xmlns="http://www.w3.org/2000/svg" id="%1$s"%2$s width="1040" height="%3$s" viewBox="0 0 1040 %3$s" role="img"'
			' aria-labelledby="%1$s-title" aria-describedby="%1$s-desc">\n<title id="%1$s-title">%4$s</title>\n<desc id="%1$s-desc">%5$s</desc>\n',
			key, attributes, bottom, rui._html(title), rui._html(concat_ws(E'\n', about, said)))
		|| rui._territory_style(key) || format(E'\n<rect class="paper" x=".5" y=".5" width="1039" height="%1$s" rx="8"/>\n'
			'<text class="title" x="%2$s" y="30">%3$s</text><text class="soft" x="%2$s" y="52">%4$s</text>\n<g transform="translate(%5$s %6$s)">\n',
			bottom - 1, left_edge, rui._html(title), rui._html(about),
			left_edge + round((map_width - (east - west) * squeeze * zoom)::numeric / 2, 1), top)
		|| concat_ws(E'\n', drawn, CASE WHEN buildings <> '' THEN format('<path class="house" d="%s"/>', buildings) END, ways, marks, labels)
		|| format(E'\n</g>\n<g transform="translate(%s %s)"><text class="soft" x="24" y="14">%s</text><text class="soft" x="78" y="14">%s</text>'
			'<text class="soft number" x="206" y="14">%s</text><text class="soft number" x="266" y="14">%s</text><text class="soft number" x="316" y="14">±%%</text>'
			'<path class="rule" d="M0 21h320"/>\n%s\n</g>\n', table_x, top, rui._html(words ->> 'grid'), rui._html(words ->> 'steward'),
			rui._html(words ->> 'homes'), rui._html(words ->> 'load'), table_drawn)
		|| format(E'<g transform="translate(%s %s)">%s</g>\n', table_x, top + 40 + (jsonb_array_length(areas) + 1) * 20, legend)
		|| CASE WHEN scale_m IS NULL THEN '' ELSE format(E'<g transform="translate(%s %s)"><path class="scale" d="M0 0v5h%sv-5"/><text x="0" y="20">%s</text></g>\n', table_x,
			top + 40 + (jsonb_array_length(areas) + 1) * 20 + y + 34, round((scale_m / 111195 * zoom)::numeric, 1), rui._html(rui._metres_text(scale_m, words))) END
		|| E'</svg>\n';
END
$$;
COMMENT ON FUNCTION rui._territory_svg(text, text, jsonb, jsonb, geometry, jsonb, text, text) IS
'Internal: territories as one standalone SVG element. areas: array of {"key","label","steward" (or null),"homes","load","area"}; lines: array of {"class" (foot, street, major, closed, bridge, river, railway, road, wall, fence, other),"line"}, one a class; houses: their outlines, or null; points: array of {"label","closed","point"}. Geometries are WGS 84 as text; drawn equirectangular at the middle latitude. Neighbours have different colours; beside the map a table says how far each load is off the mean. Error 22023 unknown lang.';
