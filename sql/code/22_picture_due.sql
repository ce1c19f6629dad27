-- A picture of how a due time comes about, as SVG.

CREATE FUNCTION rui._pause_due(calendar rui.calendar, start timestamptz, target interval, pauses tstzmultirange,
	OUT due timestamptz, OUT breach timestamptz, OUT paused_at timestamptz) RETURNS record
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	clock rui.sla_clock := rui.clock_start(calendar, start, target);
	pause tstzrange;
BEGIN
	due := rui.clock_due_at(clock);
	breach := rui.clock_breach_at(clock);
	FOR pause IN SELECT unnest(pauses * tstzmultirange(tstzrange(start, NULL))) LOOP
		-- From breach on the clock has run out: later pauses change nothing.
		EXIT WHEN lower(pause) > breach;
		IF NOT upper_inf(pause) AND isfinite(upper(pause)) THEN
			clock := rui.clock_resume(rui.clock_pause(clock, calendar, lower(pause)), calendar, upper(pause));
			due := CASE WHEN lower(pause) < due THEN rui.clock_due_at(clock) ELSE due END;
			breach := rui.clock_breach_at(clock);
		ELSE
			paused_at := CASE WHEN lower(pause) < due THEN lower(pause) END;
			due := CASE WHEN lower(pause) < due THEN NULL ELSE due END;
			breach := NULL;
			EXIT;
		END IF;
	END LOOP;
END
$$;
COMMENT ON FUNCTION rui._pause_due(rui.calendar, timestamptz, interval, tstzmultirange) IS
'Internal: due and breach of a clock that started at start and is paused and resumed at the ends of pauses. A pause that begins at due or later leaves due alone, one after breach both. One without an end leaves no breach, and no due where it begins before it: paused_at is its begin. Errors as clock_start and clock_pause.';

CREATE FUNCTION rui._due_mark(shape text, x numeric, y numeric) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN format('<path class="mark-%s" d="M%s %s%s"/>', shape, x, y, CASE shape
		WHEN 'start' THEN 'm-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0z' WHEN 'due' THEN 'm0-6l6 6l-6 6l-6-6z' ELSE 'm0-5.5l6 10h-12z' END);
END
$$;
COMMENT ON FUNCTION rui._due_mark(text, numeric, numeric) IS 'Internal: the mark of start (a disc), due (a diamond) or breach (a triangle) around a point.';

CREATE FUNCTION rui.due_svg(calendar rui.calendar, start timestamptz, target interval, lang text DEFAULT 'en',
	pauses tstzmultirange DEFAULT '{}') RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 100000
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	most_dates CONSTANT integer := 400;
	words jsonb := rui._picture_words(lang);
	zone text := rui.calendar_zone(calendar);
	clock record;
	first_on date;
	end_on date;
	until timestamptz;
	counted interval;
	paused interval;
	title text;
	about text;
	marks text;
	body text;
	said text;
	classes text[];
BEGIN
	SELECT * INTO clock FROM rui._pause_due(calendar, start, target, pauses);
	first_on := (start AT TIME ZONE zone)::date;
	-- How far to count: to due, to a pause that does not end, or to where open time does.
	until := CASE WHEN clock.due < 'infinity' THEN clock.due WHEN clock.due IS NULL THEN clock.paused_at
		ELSE greatest(start, rui.previous_close(calendar, '2200-12-31 23:59:59.999999Z')) END;
	end_on := (until AT TIME ZONE zone)::date + 1;
	IF clock.due < 'infinity' AND clock.breach < 'infinity' AND (clock.breach AT TIME ZONE zone)::date - first_on < most_dates THEN
		end_on := greatest(end_on, (clock.breach AT TIME ZONE zone)::date + 1);
	END IF;

	WITH part AS MATERIALIZED (
		SELECT e.day, e.period, e.occurrence, extract(epoch FROM e.from_time) AS begins, e.reason IN ('open', 'make_up_day') AS is_open
		FROM rui.explain_dates(calendar, first_on, end_on) AS e
	), mark AS (
		SELECT p.day, m.place, m.shape, m.at, p.begins + extract(epoch FROM m.at - lower(p.period)) AS seconds
		FROM (VALUES (1, 'start', start), (2, 'due', clock.due), (3, 'breach', clock.breach)) AS m(place, shape, at)
		JOIN part p ON p.period @> m.at
	), stretch AS (
		SELECT p.day, p.occurrence, c.class, s.stretch,
			numrange(p.begins + extract(epoch FROM lower(s.stretch) - lower(p.period)), p.begins + extract(epoch FROM upper(s.stretch) - lower(p.period)))
				AS times
		FROM part p
		CROSS JOIN LATERAL (VALUES
			('idle', CASE WHEN p.is_open THEN tstzmultirange(p.period) - (tstzmultirange(tstzrange(start, until)) - pauses) END),
			('counted', CASE WHEN p.is_open THEN tstzmultirange(p.period * tstzrange(start, until)) - pauses END),
			('paused', tstzmultirange(p.period * tstzrange(start, NULL)) * pauses),
			('grace', CASE WHEN clock.due < clock.breach THEN tstzmultirange(p.period * tstzrange(clock.due, clock.breach)) END)
		) AS c(class, stretches)
		CROSS JOIN LATERAL unnest(c.stretches) AS s(stretch)
	), cell AS (
		-- In the order of layers. Pauses pay no heed to openings and closings.
		SELECT e.day, e.occurrence, CASE e.class WHEN 'idle' THEN 1 ELSE 2 END AS layer, e.class, e.times, upper(e.stretch) - lower(e.stretch) AS long,
			row_number() OVER (ORDER BY e.stretch) AS place
		FROM stretch e WHERE e.class IN ('idle', 'counted')
		UNION ALL
		SELECT e.day, e.occurrence, CASE e.class WHEN 'paused' THEN 3 ELSE 4 END, e.class, t.times, NULL, row_number() OVER (ORDER BY t.times)
		FROM (SELECT r.day, r.occurrence, r.class, range_agg(r.times) AS times FROM stretch r WHERE r.class IN ('paused', 'grace')
			GROUP BY r.day, r.occurrence, r.class) AS e CROSS JOIN LATERAL unnest(e.times) AS t(times)
	), drawn AS (
		SELECT c.day, sum(c.long) FILTER (WHERE c.class = 'counted') AS counted,
			string_agg(CASE c.class WHEN 'grace' THEN format('<path class="grace" d="M%s 11H%s"/>', rui._hours_x(lower(c.times)), rui._hours_x(upper(c.times)))
				ELSE rui._hours_cell(c.class, lower(c.times), upper(c.times), c.occurrence, words ->> c.class) END, '' ORDER BY c.layer, c.place) AS cells,
			concat_ws(words ->> 'semicolon',
				(words ->> 'counted') || ' ' || string_agg(rui._time_text(lower(c.times)) || '–' || rui._time_text(upper(c.times)), words ->> 'list'
					ORDER BY c.place) FILTER (WHERE c.class = 'counted'),
				(words ->> 'paused') || ' ' || string_agg(rui._time_text(lower(c.times)) || '–' || rui._time_text(upper(c.times)), words ->> 'list'
					ORDER BY c.place) FILTER (WHERE c.class = 'paused')) AS said
		FROM cell c GROUP BY c.day
	), beside AS (
		-- Beside the row there is room for HH:MM, once for marks of one instant.
		SELECT m.day, m.seconds, min(m.place) AS place, array_agg(m.shape ORDER BY m.place) AS shapes,
			802 + sum(50 + 12 * count(*)) OVER (PARTITION BY m.day ORDER BY min(m.place)) AS x
		FROM mark m GROUP BY m.day, m.at, m.seconds
	), noted AS (
		SELECT b.day, max(b.x) AS x, string_agg(format('%s<text x="%s" y="15">%s</text>', s.shapes, b.x - 46,
			rui._short(rui._time_text(b.seconds), 6)), '' ORDER BY b.place) AS notes
		FROM beside b CROSS JOIN LATERAL (
			SELECT string_agg(rui._due_mark(u.shape, b.x - 44 - 12 * (cardinality(b.shapes) + 1 - u.n), 11), '' ORDER BY u.n) AS shapes
			FROM unnest(b.shapes) WITH ORDINALITY AS u(shape, n)) AS s
		GROUP BY b.day
	), marked AS (
		SELECT m.day, string_agg(format('<path class="at-%s" d="M%s 1v20"/>', m.shape, rui._hours_x(m.seconds)), '' ORDER BY m.place)
			|| string_agg(rui._due_mark(m.shape, rui._hours_x(m.seconds), CASE m.shape WHEN 'breach' THEN 16 ELSE 11 END), ''
				ORDER BY m.place) AS marks,
			string_agg(words ->> m.shape || ' ' || rui._time_text(m.seconds), words ->> 'list' ORDER BY m.place) AS said
		FROM mark m GROUP BY m.day
	)
	SELECT string_agg(rui._hours_row(d.day, d.place, format(' data-counted="%s"', trim_scale(extract(epoch FROM coalesce(w.counted, interval '0')))),
			concat(d.cells, w.cells, m.marks), CASE WHEN w.counted IS NOT NULL THEN rui._duration_text(w.counted, lang) END,
			concat(n.notes, rui._hours_note(d.note, coalesce(n.x, 802))), lang), '' ORDER BY d.place),
		string_agg(to_char(d.day, 'YYYY-MM-DD ') || concat_ws(words ->> 'semicolon', m.said, nullif(w.said, ''), nullif(d.note, '')), E'\n' ORDER BY d.place)
			FILTER (WHERE m.day IS NOT NULL OR w.said <> '' OR d.note <> ''),
		coalesce(sum(w.counted), interval '0'),
		array_remove(ARRAY['counted', CASE WHEN EXISTS (SELECT FROM cell c WHERE c.class = 'idle') THEN 'idle' END,
			CASE WHEN EXISTS (SELECT FROM cell c WHERE c.class = 'paused') THEN 'paused' END,
			CASE WHEN EXISTS (SELECT FROM cell c WHERE c.class = 'grace') THEN 'grace' END,
			CASE WHEN bool_or((d.said ->> 'holiday')::boolean) THEN 'holiday' END, CASE WHEN bool_or((d.said ->> 'closure')::boolean) THEN 'closure' END,
			CASE WHEN bool_or((d.said ->> 'skipped')::boolean) THEN 'skipped' END], NULL)
	INTO body, said, counted, classes
	FROM rui._hours_days(calendar, first_on, end_on, words, lang) AS d
	LEFT JOIN drawn w ON w.day = d.day
	LEFT JOIN marked m ON m.day = d.day
	LEFT JOIN noted n ON n.day = d.day;

	paused := rui.working_time(calendar, start, until) - counted;
	title := CASE WHEN clock.due < 'infinity' THEN format(words ->> 'due_title', rui._local_text(clock.due, zone, lang))
		ELSE format(words ->> CASE WHEN clock.due IS NULL THEN 'paused_title' ELSE 'never_title' END,
			rui._duration_text(counted, lang), rui._duration_text(target, lang)) END;
	about := format(words ->> 'due_about', zone, rui._duration_text(target, lang), rui._duration_text(counted, lang))
		|| CASE WHEN paused > interval '0' THEN format(words ->> 'paused_about', rui._duration_text(paused, lang)) ELSE '' END;
	SELECT string_agg(rui._due_mark(m.shape, 20 + 240 * (m.slot - 1), 72) || format('<text x="%s" y="76">%s</text>', 32 + 240 * (m.slot - 1),
			rui._html(m.text)), '' ORDER BY m.slot),
		concat_ws(E'\n', about, string_agg(m.text, words ->> 'semicolon' ORDER BY m.slot), said)
	INTO marks, said
	FROM (
		SELECT v.shape, row_number() OVER (ORDER BY v.place) AS slot, concat(words ->> v.shape, ' ', CASE WHEN v.at < 'infinity'
			THEN rui._local_text(v.at, zone, lang) ELSE words ->> 'never' END,
			CASE WHEN v.at < 'infinity' AND (v.at AT TIME ZONE zone)::date >= end_on THEN words ->> 'beyond' END) AS text
		FROM (VALUES (1, 'start', start), (2, 'due', clock.due), (3, 'breach', clock.breach)) AS v(place, shape, at)
		WHERE v.at IS NOT NULL) AS m;
	-- The sum stands below the column it sums.
	body := body || format('<path class="week" d="M716 %1$sh72"/><text class="amount sum" x="788" y="%2$s">%3$s</text><text class="soft" x="802" y="%2$s">%4$s</text>',
		(end_on - first_on) * 22 + 4, (end_on - first_on) * 22 + 20, rui._html(rui._duration_text(counted, lang)),
		rui._html(format(words ->> 'of', rui._duration_text(target, lang))));
	RETURN rui._hours_frame(
		'p' || left(encode(sha256(rui.calendar_send(calendar) || timestamptz_send(start) || interval_send(target)
			|| multirange_send(pauses) || lang::bytea), 'hex'), 10),
		format(' data-zone="%s" data-start="%s" data-target="%s" data-due="%s" data-breach="%s" data-counted="%s" data-paused="%s"',
			rui._html(zone), rui._instant_text(start), trim_scale(extract(epoch FROM target)), rui._instant_text(clock.due),
			rui._instant_text(clock.breach), trim_scale(extract(epoch FROM counted)), trim_scale(extract(epoch FROM paused))),
		title, about, marks, end_on - first_on, 26, body, rui._hours_legend(classes, words), said);
END
$$;
COMMENT ON FUNCTION rui.due_svg(rui.calendar, timestamptz, interval, text, tstzmultirange) IS
'A picture of how the due time of target of working time since start comes about: one standalone SVG element with words in lang en or zh, drawn as by calendar_svg, from the date of start to that of breach. What counts is filled, other open time light; pauses, which count nothing, are hatched; marks show start, due and breach with their local times; what each date counts, and the sum, stand at the right. pauses are spans from pausing to resuming, half-open whatever their bounds, and mean what clock_pause and clock_resume make of them; one without an end leaves the clock paused, without due. Where open time ends before target the title says so. data-start, data-due and data-breach are instants of UTC, or infinity, or empty; data-target, data-counted (of the picture and of every row, data-day) and data-paused (working time lost in pauses) are seconds. Errors: 22023 negative target, days or months in it, more than 400 dates from start to due, unknown lang; 22008 an instant or due time outside of 1900 to 2200; 54000 more than 20,000 periods.';
