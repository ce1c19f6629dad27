-- A picture of a state machine as SVG: states in layers by the longest way to
-- them, what goes back or past a layer in lanes beside them.
--
-- As the pictures of calendars: one element that needs nothing else, what it
-- names in itself begins with its key, nothing depends on the session.

CREATE FUNCTION rui._machine_layers(count_nodes integer, from_nodes integer[], to_nodes integer[], OUT layers integer[], OUT is_back boolean[])
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	count_edges CONSTANT integer := cardinality(from_nodes);
	seen integer[] := array_fill(0, ARRAY[count_nodes]);
	next_edge integer[] := array_fill(1, ARRAY[count_nodes]);
	stack integer[];
	done_first integer[] := '{}';
	node integer;
	edge integer;
BEGIN
	layers := array_fill(0, ARRAY[count_nodes]);
	is_back := array_fill(false, ARRAY[count_edges]);
	-- Depth first from the beginning: an edge to a node on the way there goes back.
	FOR root IN 1 .. count_nodes LOOP
		CONTINUE WHEN seen[root] <> 0;
		stack := ARRAY[root];
		seen[root] := 1;
		WHILE cardinality(stack) > 0 LOOP
			node := stack[cardinality(stack)];
			edge := next_edge[node];
			next_edge[node] := edge + 1;
			IF edge > count_edges THEN
				seen[node] := 2;
				done_first := node || done_first;
				stack := trim_array(stack, 1);
			ELSIF from_nodes[edge] = node THEN
				IF seen[to_nodes[edge]] = 1 THEN
					is_back[edge] := true;
				ELSIF seen[to_nodes[edge]] = 0 THEN
					seen[to_nodes[edge]] := 1;
					stack := stack || to_nodes[edge];
				END IF;
			END IF;
		END LOOP;
	END LOOP;
	FOREACH node IN ARRAY done_first LOOP
		FOR edge IN 1 .. count_edges LOOP
			IF from_nodes[edge] = node AND NOT is_back[edge] THEN
				layers[to_nodes[edge]] := greatest(layers[to_nodes[edge]], layers[node] + 1);
			END IF;
		END LOOP;
	END LOOP;
END
$$;
COMMENT ON FUNCTION rui._machine_layers(integer, integer[], integer[]) IS
'Internal: the layer of each of count_nodes nodes of a graph, 0 for the first: the longest way from there along its edges but for those that go back (is_back), which a search depth first, node 1 first, edges in order, finds to close a circle. No edge may lead from a node to itself.';

CREATE FUNCTION rui._machine_style(key text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	rules CONSTANT text := '~ text{font:12px system-ui,-apple-system,"Segoe UI","Noto Sans","Noto Sans SC","PingFang SC","Microsoft YaHei",sans-serif;fill:#1c2733}'
		'~ .title{font-size:17px;font-weight:600}~ .soft{fill:#5b6b7b}~ .paper{fill:#fff;stroke:#d5dce3}'
		'~ .state rect{fill:#eaf2fa;stroke:#1f6fb2;stroke-width:1.4}~ .final rect{fill:#f0f3f6;stroke:#5b6b7b}~ .inner{fill:none}'
		'~ .state text,~ .move text{text-anchor:middle}~ .name{font-weight:600}~ .begin{fill:#1c2733}'
		'~ .move path,~ .key{fill:none;stroke:#1c2733;stroke-width:1.3;stroke-linejoin:round}~ .back path{stroke:#c2410c}~ .back text{fill:#a1350a}'
		'~ .own path,~ .own.key{stroke-dasharray:5 3}~ .move text{paint-order:stroke;stroke:#fff;stroke-width:4;stroke-linejoin:round}'
		'~ .tip{fill:#1c2733;stroke:none}~ .back-tip{fill:#c2410c}';
	dark CONSTANT text := '~ text{fill:#e6edf3}~ .soft{fill:#9aa9b8}~ .paper{fill:#10161d;stroke:#2b3642}~ .state rect{fill:#16293b;stroke:#58a6e8}'
		'~ .final rect{fill:#1c2530;stroke:#9aa9b8}~ .inner{fill:none}~ .begin{fill:#e6edf3}~ .move path,~ .key{stroke:#e6edf3}~ .back path{stroke:#ff9a5c}'
		'~ .back text{fill:#ff9a5c}~ .move text{stroke:#10161d}~ .tip{fill:#e6edf3}~ .back-tip{fill:#ff9a5c}';
BEGIN
	RETURN replace(replace('<style>' || rules || '@media (prefers-color-scheme:dark){' || dark || '}</style>'
		'<defs><marker id="^-tip" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto"><path class="tip" d="M0 .5L8 4L0 7.5z"/></marker>'
		'<marker id="^-back" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto"><path class="back-tip" d="M0 .5L8 4L0 7.5z"/></marker></defs>',
		'~', '#' || key), '^', key);
END
$$;
COMMENT ON FUNCTION rui._machine_style(text) IS
'Internal: style sheet and arrowheads of a picture of a state machine whose element has that key as its id, for light and dark.';

CREATE FUNCTION rui._machine_words(lang text) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF lang = 'en' THEN
		RETURN jsonb_build_object('title', 'States: %s', 'about', '%s states, %s actions', 'from_many', '%s (from %s states)', 'needs', 'permission %s',
			'own', 'by the platform itself', 'guard', 'guard %s', 'final', 'final state', 'back', 'goes back', 'list', ', ', 'said', '%s: %s -> %s');
	ELSIF lang = 'zh' THEN
		RETURN jsonb_build_object('title', '状态:%s', 'about', '%s个状态,%s种操作', 'from_many', '%s(%s种状态下)', 'needs', '权限 %s',
			'own', '平台自动', 'guard', '条件 %s', 'final', '终态', 'back', '退回', 'list', '、', 'said', '%s:%s → %s');
	END IF;
	RAISE EXCEPTION 'lang "%" is not known', lang
		USING ERRCODE = 'invalid_parameter_value', HINT = 'Give ''en'' or ''zh''.';
END
$$;
COMMENT ON FUNCTION rui._machine_words(text) IS
'Internal: the words of pictures of state machines in lang en or zh; %s stands for what is put in. Error 22023 unknown lang.';

CREATE FUNCTION rui._machine_svg(title text, subject text, moves jsonb, lang text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	words CONSTANT jsonb := rui._machine_words(lang);
	key CONSTANT text := 'm' || left(encode(sha256(convert_to(concat_ws('/', title, subject, moves, lang), 'UTF8')), 'hex'), 10);
	many CONSTANT integer := 4;
	gap CONSTANT numeric := 66;
	top CONSTANT numeric := 78;
	states jsonb;
	arrows jsonb;
	state_count integer;
	layers integer[];
	is_back boolean[];
	wide numeric[];
	tall numeric[];
	middle numeric[];
	high numeric[];
	left_lanes numeric := 0;
	right_lanes numeric := 0;
	row_width numeric := 0;
	last_layer integer;
	y numeric := top;
	x numeric;
	row_tall numeric;
	drawn text := '';
	boxes text := '';
	arrow jsonb;
	number integer;
	f integer;
	t integer;
	lane numeric;
	width numeric;
	height numeric;
	left_edge numeric;
	label text;
	said text;
BEGIN
	-- States, the beginning first; actions that stay are written in the box.
	SELECT jsonb_agg(jsonb_build_object('code', s.code, 'name', s.name, 'final', s.is_final, 'stays', s.stays) ORDER BY s.code <> '(none)', s.code) INTO states
	FROM (
		SELECT c.code, min(c.name) AS name, bool_or(c.is_final) AS is_final,
			(SELECT string_agg(e ->> 'action_name', ' · ' ORDER BY e ->> 'action') FROM jsonb_array_elements(moves) e
				WHERE e ->> 'from' = c.code AND e ->> 'to' = c.code) AS stays
		FROM (
			SELECT e ->> 'from' AS code, e ->> 'from_name' AS name, false AS is_final FROM jsonb_array_elements(moves) e
			UNION ALL SELECT e ->> 'to', e ->> 'to_name', (e ->> 'is_final')::boolean FROM jsonb_array_elements(moves) e) c
		GROUP BY c.code) s;
	state_count := jsonb_array_length(states);
	-- Arrows: one for all actions from one state to another; one for an action
	-- that leads to a state from many others.
	WITH place AS (
		SELECT s.state ->> 'code' AS code, s.place::integer AS place FROM jsonb_array_elements(states) WITH ORDINALITY AS s(state, place)
	), move AS (
		SELECT f.place AS f, t.place AS t, e.move, count(*) OVER (PARTITION BY t.place, e.move ->> 'action') AS times
		FROM jsonb_array_elements(moves) AS e(move) JOIN place f ON f.code = e.move ->> 'from' JOIN place t ON t.code = e.move ->> 'to'
		WHERE f.place <> t.place
	)
	SELECT jsonb_agg(a.arrow ORDER BY a.f, a.t, a.arrow ->> 'label') INTO arrows FROM (
		SELECT m.f, m.t, jsonb_build_object('f', m.f, 't', m.t, 'label', string_agg(m.move ->> 'action_name', ' / ' ORDER BY m.move ->> 'action'),
			'action', string_agg(m.move ->> 'action', ' ' ORDER BY m.move ->> 'action'), 'own', bool_and(m.move ->> 'permission' IS NULL),
			'from', min(m.move ->> 'from'), 'to', min(m.move ->> 'to'),
			'tip', string_agg(format(words ->> 'said', m.move ->> 'action_name', m.move ->> 'from_name', m.move ->> 'to_name')
				|| coalesce('; ' || format(words ->> 'needs', m.move ->> 'permission'), '; ' || (words ->> 'own'))
				|| coalesce('; ' || format(words ->> 'guard', m.move ->> 'guard'), ''), E'\n' ORDER BY m.move ->> 'action')) AS arrow
		FROM move m WHERE m.times < many GROUP BY m.f, m.t
		UNION ALL
		SELECT 0, m.t, jsonb_build_object('f', 0, 't', m.t, 'label', format(words ->> 'from_many', min(m.move ->> 'action_name'), count(*)),
			'action', m.move ->> 'action', 'own', bool_and(m.move ->> 'permission' IS NULL),
			'from', string_agg(m.move ->> 'from', ' ' ORDER BY m.f), 'to', min(m.move ->> 'to'),
			'tip', format(words ->> 'said', min(m.move ->> 'action_name'), string_agg(m.move ->> 'from_name', words ->> 'list' ORDER BY m.f), min(m.move ->> 'to_name'))
				|| coalesce('; ' || format(words ->> 'needs', min(m.move ->> 'permission')), '; ' || (words ->> 'own'))) AS arrow
		FROM move m WHERE m.times >= many GROUP BY m.t, m.move ->> 'action') a;
	SELECT l.layers, l.is_back INTO layers, is_back
	FROM (SELECT coalesce(array_agg((a.arrow ->> 'f')::integer ORDER BY a.place), '{}') AS f, coalesce(array_agg((a.arrow ->> 't')::integer ORDER BY a.place), '{}') AS t
		FROM jsonb_array_elements(arrows) WITH ORDINALITY AS a(arrow, place) WHERE (a.arrow ->> 'f')::integer > 0) e
	CROSS JOIN LATERAL rui._machine_layers(state_count, e.f, e.t) l;
	-- What is reached from many only stands below all.
	last_layer := (SELECT max(l) FROM unnest(layers) AS l);
	FOR i IN 1 .. state_count LOOP
		IF i > 1 AND NOT EXISTS (SELECT FROM jsonb_array_elements(arrows) a WHERE (a ->> 't')::integer = i AND (a ->> 'f')::integer > 0) THEN
			layers[i] := last_layer + 1;
		END IF;
		label := states -> (i - 1) ->> 'name';
		wide[i] := CASE WHEN i = 1 THEN 14 ELSE greatest(96, rui._text_width(label) * 1.06 + 26,
			coalesce(rui._text_width(states -> (i - 1) ->> 'stays') + 40, 0)) END;
		tall[i] := CASE WHEN i = 1 THEN 14 WHEN states -> (i - 1) ->> 'stays' IS NOT NULL THEN 46 ELSE 32 END;
	END LOOP;
	last_layer := (SELECT max(l) FROM unnest(layers) AS l);
	-- Within a layer each stands below the middle of those that lead to it.
	FOR layer IN 0 .. last_layer LOOP
		row_tall := (SELECT max(tall[i]) FROM generate_subscripts(layers, 1) AS i WHERE layers[i] = layer);
		x := 0;
		FOR number IN
			SELECT i FROM generate_subscripts(layers, 1) AS i WHERE layers[i] = layer
			ORDER BY (SELECT avg(middle[(a ->> 'f')::integer]) FROM jsonb_array_elements(arrows) a
				WHERE (a ->> 't')::integer = i AND (a ->> 'f')::integer > 0 AND layers[(a ->> 'f')::integer] < layer), states -> (i - 1) ->> 'code'
		LOOP
			middle[number] := x + wide[number] / 2;
			high[number] := y + (row_tall - tall[number]) / 2;
			x := x + wide[number] + greatest(44, coalesce((SELECT max(rui._text_width(a ->> 'label')) - wide[number] + 44 FROM jsonb_array_elements(arrows) a
				WHERE (a ->> 't')::integer = number AND (a ->> 'f')::integer = 0), 0));
		END LOOP;
		x := x - 44;
		row_width := greatest(row_width, x);
		-- Centred around 0.
		FOR i IN 1 .. state_count LOOP
			IF layers[i] = layer THEN
				middle[i] := middle[i] - x / 2;
			END IF;
		END LOOP;
		y := y + row_tall + gap;
	END LOOP;
	height := y - gap + 52;
	-- How wide the lanes at both sides are.
	number := 0;
	FOR arrow IN SELECT e FROM jsonb_array_elements(arrows) e LOOP
		CONTINUE WHEN (arrow ->> 'f')::integer = 0;
		number := number + 1;
		IF is_back[number] THEN
			right_lanes := right_lanes + rui._text_width(arrow ->> 'label') + 16;
		ELSIF layers[(arrow ->> 't')::integer] > layers[(arrow ->> 'f')::integer] + 1 THEN
			left_lanes := left_lanes + rui._text_width(arrow ->> 'label') + 16;
		END IF;
	END LOOP;
	width := greatest(round(row_width + left_lanes + right_lanes + 80), 460);
	left_edge := round((width - row_width - left_lanes - right_lanes) / 2 + left_lanes + row_width / 2);
	left_lanes := 0;
	right_lanes := 0;
	number := 0;
	FOR arrow IN SELECT e FROM jsonb_array_elements(arrows) e LOOP
		f := (arrow ->> 'f')::integer;
		t := (arrow ->> 't')::integer;
		label := rui._html(arrow ->> 'label');
		drawn := drawn || format('<g class="move%s%s" data-action="%s" data-from="%s" data-to="%s"><title>%s</title>', CASE WHEN (arrow ->> 'own')::boolean THEN ' own' ELSE '' END,
			CASE WHEN f > 0 AND is_back[number + 1] THEN ' back' ELSE '' END, rui._html(arrow ->> 'action'), rui._html(arrow ->> 'from'), rui._html(arrow ->> 'to'), rui._html(arrow ->> 'tip'));
		IF f = 0 THEN
			drawn := drawn || format('<path marker-end="url(#%1$s-tip)" d="M%2$s %3$sV%4$s"/><text x="%2$s" y="%5$s">%6$s</text>', key, round(left_edge + middle[t], 1),
				round(high[t] - 26, 1), round(high[t], 1), round(high[t] - 32, 1), label);
		ELSE
			number := number + 1;
			IF is_back[number] THEN
				right_lanes := right_lanes + rui._text_width(arrow ->> 'label') + 16;
				lane := left_edge + row_width / 2 + right_lanes - rui._text_width(arrow ->> 'label') / 2;
				drawn := drawn || format('<path marker-end="url(#%1$s-back)" d="M%2$s %3$sv%4$sH%5$sV%6$sH%7$sV%8$s"/><text x="%5$s" y="%9$s">%10$s</text>', key,
					round(left_edge + middle[f] + wide[f] * 0.32, 1), round(high[f] + tall[f], 1), 7 + number % 4 * 3, round(lane, 1),
					round(high[t] - 8 - number % 4 * 3, 1), round(left_edge + middle[t] + wide[t] * 0.36 - number % 3 * 6, 1), round(high[t], 1),
					round((high[f] + high[t]) / 2 + 18, 1), label);
			ELSIF layers[t] > layers[f] + 1 THEN
				left_lanes := left_lanes + rui._text_width(arrow ->> 'label') + 16;
				lane := left_edge - row_width / 2 - left_lanes + rui._text_width(arrow ->> 'label') / 2;
				drawn := drawn || format('<path marker-end="url(#%1$s-tip)" d="M%2$s %3$sv%4$sH%5$sV%6$sH%7$sV%8$s"/><text x="%5$s" y="%9$s">%10$s</text>', key,
					round(left_edge + middle[f] - wide[f] * 0.32, 1), round(high[f] + tall[f], 1), 7 + number % 4 * 3, round(lane, 1),
					round(high[t] - 8 - number % 4 * 3, 1), round(left_edge + middle[t] - wide[t] * 0.36 + number % 3 * 6, 1), round(high[t], 1),
					round((high[f] + tall[f] + high[t]) / 2 + 4, 1), label);
			ELSE
				drawn := drawn || format('<path marker-end="url(#%1$s-tip)" d="M%2$s %3$sC%2$s %4$s %5$s %4$s %5$s %6$s"/><text x="%7$s" y="%8$s">%9$s</text>', key,
					round(left_edge + middle[f], 1), round(high[f] + tall[f], 1), round((high[f] + tall[f] + high[t]) / 2, 1), round(left_edge + middle[t], 1),
					round(high[t], 1), round(left_edge + (middle[f] + middle[t]) / 2, 1), round((high[f] + tall[f] + high[t]) / 2 + 4, 1), label);
			END IF;
		END IF;
		drawn := drawn || E'</g>\n';
	END LOOP;
	FOR i IN 1 .. state_count LOOP
		IF states -> (i - 1) ->> 'code' = '(none)' THEN
			boxes := boxes || format(E'<circle class="begin" cx="%s" cy="%s" r="7"/>\n', round(left_edge + middle[i], 1), round(high[i] + 7, 1));
			CONTINUE;
		END IF;
		boxes := boxes || format('<g class="state%s" data-state="%s"><rect x="%s" y="%s" width="%s" height="%s" rx="7"/>', CASE WHEN (states -> (i - 1) ->> 'final')::boolean THEN ' final' ELSE '' END,
				rui._html(states -> (i - 1) ->> 'code'), round(left_edge + middle[i] - wide[i] / 2, 1), round(high[i], 1), round(wide[i], 1), tall[i])
			|| CASE WHEN (states -> (i - 1) ->> 'final')::boolean THEN format('<rect class="inner" x="%s" y="%s" width="%s" height="%s" rx="5"/>',
				round(left_edge + middle[i] - wide[i] / 2 + 3, 1), round(high[i] + 3, 1), round(wide[i] - 6, 1), tall[i] - 6) ELSE '' END
			|| format('<text class="name" x="%s" y="%s">%s</text>', round(left_edge + middle[i], 1), round(high[i] + 20, 1), rui._html(states -> (i - 1) ->> 'name'))
			|| CASE WHEN states -> (i - 1) ->> 'stays' IS NULL THEN ''
				ELSE format('<text class="soft" x="%s" y="%s">↻ %s</text>', round(left_edge + middle[i], 1), round(high[i] + 37, 1), rui._html(states -> (i - 1) ->> 'stays')) END
			|| E'</g>\n';
	END LOOP;
	SELECT string_agg(e ->> 'tip', E'\n') INTO said FROM jsonb_array_elements(arrows) e;
	RETURN format(E'<svg xmlns="http://www.w3.org/2000/svg" id="%1$s" data-subject="%2$s" data-states="%3$s" data-moves="%4$s" width="%5$s" height="%6$s" viewBox="0 0 %5$s %6$s" role="img"'
			' aria-labelledby="%1$s-title" aria-describedby="%1$s-desc">\n<title id="%1$s-title">%7$s</title>\n<desc id="%1$s-desc">%8$s</desc>\n',
			key, rui._html(subject), state_count - CASE WHEN states -> 0 ->> 'code' = '(none)' THEN 1 ELSE 0 END, jsonb_array_length(moves), width, height,
			rui._html(format(words ->> 'title', title)), rui._html(said))
		|| rui._machine_style(key) || format(E'\n<rect class="paper" x=".5" y=".5" width="%s" height="%s" rx="8"/>\n'
			'<text class="title" x="14" y="30">%s</text><text class="soft" x="14" y="52">%s</text>\n', width - 1, height - 1, rui._html(format(words ->> 'title', title)),
			rui._html(format(words ->> 'about', state_count - CASE WHEN states -> 0 ->> 'code' = '(none)' THEN 1 ELSE 0 END,
				(SELECT count(DISTINCT e ->> 'action') FROM jsonb_array_elements(moves) e))))
		|| drawn || boxes
		|| format(E'<g transform="translate(14 %s)"><g class="state final"><rect y="-10" width="20" height="13" rx="3"/><rect class="inner" x="2" y="-8" width="16" height="9" rx="2"/></g>'
			'<text class="soft" x="26">%s</text><g class="move back"><path d="M%s -4h22"/></g><text class="soft" x="%s">%s</text><g class="move own"><path d="M%s -4h22"/></g><text class="soft" x="%s">%s</text></g>\n',
			height - 16, rui._html(words ->> 'final'), 44 + round(rui._text_width(words ->> 'final')), 72 + round(rui._text_width(words ->> 'final')), rui._html(words ->> 'back'),
			90 + round(rui._text_width(words ->> 'final') + rui._text_width(words ->> 'back')), 118 + round(rui._text_width(words ->> 'final') + rui._text_width(words ->> 'back')), rui._html(words ->> 'own'))
		|| E'</svg>\n';
END
$$;
COMMENT ON FUNCTION rui._machine_svg(text, text, jsonb, text) IS
'Internal: a state machine as one standalone SVG element. moves: array of {"from","from_name","action","action_name","to","to_name","permission" (null: the platform itself),"guard" (or null),"is_final" (of to)}; the beginning is state (none). States stand in layers by the longest way from the beginning; arrows that go back run in lanes on the right, those past a layer on the left. Error 22023 unknown lang.';
