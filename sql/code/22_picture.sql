-- Pictures of calendars as SVG: dates down, hours of the day across, as a
-- wall clock in the calendar's zone shows them.
--
-- A picture is one element that needs nothing else; what it names in itself
-- begins with a hash of its content, so that several fit into one page.
-- Nothing here depends on settings of the session.

CREATE FUNCTION rui._picture_words(lang text) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF lang = 'en' THEN
		RETURN jsonb_build_object('title', 'Working time from %s to %s', 'one_date', 'Working time on %s', 'no_dates', 'Working time of no dates',
			'about', '%s · dates: %s · working days: %s · working time: %s',
			'open', 'open', 'closed', 'closed', 'make_up_day', 'make-up day', 'make_up_of', 'make-up day (as %s)', 'holiday', 'holiday',
			'closure', 'closure', 'skipped', 'skipped by the clocks', 'twice', 'twice: first above, then below',
			'no_date', 'the clocks skip this date', 'long_day', '%s: %s', 'skipped_time', '%s skipped', 'twice_time', '%s twice',
			'counted', 'counted', 'idle', 'open, not counted', 'paused', 'paused', 'grace', 'late by the wall, not by working time',
			'start', 'start', 'due', 'due', 'breach', 'breach', 'due_title', 'Due %s',
			'never_title', 'Never due: the working time left is %s, the target %s',
			'paused_title', 'Paused: not due before it is resumed; counted %s of %s',
			'due_about', '%s · target: %s · counted: %s', 'paused_about', ' · paused working time: %s',
			'of', 'of %s', 'beyond', ' (not drawn)', 'never', 'never', 'semicolon', '; ', 'list', ', ');
	ELSIF lang = 'zh' THEN
		RETURN jsonb_build_object('title', '%s 至 %s 的工作时间', 'one_date', '%s 的工作时间', 'no_dates', '工作时间(无日期)',
			'about', '%s · 日期:%s天 · 工作日:%s天 · 工作时间:%s',
			'open', '工作时间', 'closed', '休息', 'make_up_day', '调休上班日', 'make_up_of', '调休上班日(按%s)', 'holiday', '节假日',
			'closure', '停业', 'skipped', '时钟跳过的时刻', 'twice', '重复的时刻:上为第一次,下为第二次',
			'no_date', '时钟跳过这一天', 'long_day', '全天%s:%s', 'skipped_time', '跳过%s', 'twice_time', '%s重复',
			'counted', '已计时', 'idle', '工作时间,未计', 'paused', '暂停', 'grace', '已过到期时刻,工作时间未超',
			'start', '开始', 'due', '到期', 'breach', '超时', 'due_title', '到期:%s',
			'never_title', '永不到期:工作时间仅剩%s,时限%s',
			'paused_title', '暂停中:恢复前不到期,已计%s,时限%s',
			'due_about', '%s · 时限:%s · 已计时:%s', 'paused_about', ' · 暂停的工作时间:%s',
			'of', '时限%s', 'beyond', '(未画出)', 'never', '永不', 'semicolon', ';', 'list', '、');
	END IF;
	RAISE EXCEPTION 'lang "%" is not known', lang
		USING ERRCODE = 'invalid_parameter_value', HINT = 'Give ''en'' or ''zh''.';
END
$$;
COMMENT ON FUNCTION rui._picture_words(text) IS
'Internal: the words and sentences of pictures in lang en or zh, by name; %s stands for what is put in. Error 22023 unknown lang.';

CREATE FUNCTION rui._time_text(seconds numeric) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	rest numeric := trim_scale(mod(seconds, 60));
BEGIN
	RETURN lpad(div(seconds, 3600)::text, 2, '0') || ':' || lpad(mod(div(seconds, 60), 60)::text, 2, '0')
		|| CASE WHEN rest = 0 THEN '' WHEN rest < 10 THEN ':0' || rest ELSE ':' || rest END;
END
$$;
COMMENT ON FUNCTION rui._time_text(numeric) IS
'Internal: a time of day, in seconds since midnight, as HH:MM, with seconds where there are any; 86400 is 24:00.';

CREATE FUNCTION rui._duration_text(duration interval, lang text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	seconds numeric := extract(epoch FROM duration);
	units text[] := CASE lang WHEN 'zh' THEN ARRAY['小时', '分钟', '秒'] ELSE ARRAY[' h', ' min', ' s'] END;
	said text;
BEGIN
	SELECT string_agg(trim_scale(u.number) || units[u.place], CASE lang WHEN 'zh' THEN '' ELSE ' ' END ORDER BY u.place) INTO said
	FROM (VALUES (1, div(seconds, 3600)), (2, mod(div(seconds, 60), 60)), (3, mod(seconds, 60))) AS u(place, number)
	WHERE u.number <> 0;
	RETURN coalesce(said, '0' || units[1]);
END
$$;
COMMENT ON FUNCTION rui._duration_text(interval, text) IS
'Internal: an interval of pure time, zero or more, as 2 h 30 min or 2小时30分钟, exact to the microsecond.';

CREATE FUNCTION rui._weekday_text(weekday integer, lang text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN CASE lang WHEN 'zh' THEN '周' || substr('一二三四五六日', weekday, 1)
		ELSE (ARRAY['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'])[weekday] END;
END
$$;
COMMENT ON FUNCTION rui._weekday_text(integer, text) IS 'Internal: the short name of a weekday, 1 = Monday.';

CREATE FUNCTION rui._local_text(at timestamptz, zone text, lang text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	local timestamp := at AT TIME ZONE zone;
	day text := to_char(local, 'YYYY-MM-DD');
	weekday text := rui._weekday_text(extract(isodow FROM local)::integer, lang);
BEGIN
	RETURN CASE lang WHEN 'zh' THEN day || '(' || weekday || ')' ELSE weekday || ' ' || day || ' ' END
		|| rui._time_text(extract(epoch FROM local::time));
END
$$;
COMMENT ON FUNCTION rui._local_text(timestamptz, text, text) IS
'Internal: an instant in local time of a zone, as Mon 2026-09-28 17:00 or 2026-09-28(周一)17:00.';

CREATE FUNCTION rui._instant_text(at timestamptz) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN CASE WHEN at IS NULL THEN NULL WHEN isfinite(at) THEN to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"')
			|| rui._time_text(extract(epoch FROM (at AT TIME ZONE 'UTC')::time)) || 'Z'
		ELSE 'infinity' END;
END
$$;
COMMENT ON FUNCTION rui._instant_text(timestamptz) IS 'Internal: an instant as a clock''s text has it, 2026-09-28T09:00Z, or infinity; null stays null.';

CREATE FUNCTION rui._hours_x(seconds numeric) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN trim_scale(round(128 + seconds / 150, 2));
END
$$;
COMMENT ON FUNCTION rui._hours_x(numeric) IS 'Internal: where a time of day, in seconds since midnight, is drawn: 24 units an hour from 128 on.';

CREATE FUNCTION rui._hours_cell(class text, from_time numeric, to_time numeric, occurrence integer, tip text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN format('<rect class="%s" x="%s" y="%s" width="%s" height="%s"><title>%s–%s %s</title></rect>', class,
		rui._hours_x(from_time), CASE WHEN occurrence > 1 THEN 11.5 ELSE 4 END,
		greatest(rui._hours_x(to_time) - rui._hours_x(from_time), 0.2), CASE WHEN occurrence > 0 THEN 6.5 ELSE 14 END,
		rui._time_text(from_time), rui._time_text(to_time), rui._html(tip));
END
$$;
COMMENT ON FUNCTION rui._hours_cell(text, numeric, numeric, integer, text) IS
'Internal: a stretch of a date''s row, from one time of day to another in seconds; of local times that come twice, the first lies above the second.';

CREATE FUNCTION rui._hours_days(calendar rui.calendar, from_on date, to_on date, words jsonb, lang text,
	OUT day date, OUT place integer, OUT cells text, OUT note text, OUT said jsonb) RETURNS SETOF record
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE ROWS 30
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	most_dates CONSTANT integer := 400;
	most_parts CONSTANT integer := 20000;
	count_parts integer;
	make_up jsonb;
BEGIN
	-- What is not finite, or in reverse, explain_dates refuses.
	IF (CASE WHEN isfinite(from_on) AND isfinite(to_on) THEN to_on - from_on > most_dates END) THEN
		RAISE EXCEPTION 'a picture of % dates is too long', to_on - from_on
			USING ERRCODE = 'invalid_parameter_value', HINT = format('Draw at most %s dates at once.', most_dates);
	END IF;
	SELECT count(*) INTO count_parts FROM rui.explain_dates(calendar, from_on, to_on);
	IF count_parts > most_parts THEN
		RAISE EXCEPTION 'a picture of % periods is too large', count_parts
			USING ERRCODE = 'program_limit_exceeded', HINT = 'Draw fewer dates at once.';
	END IF;
	-- Which weekday's hours a make-up day takes only the text of the rules says.
	SELECT jsonb_object_agg(d.key, d.weekday) INTO make_up
	FROM (SELECT h.key, min(h.value #>> '{}') AS weekday
		FROM jsonb_path_query(calendar::text::jsonb, '$.**.date_hours') AS dated(hours)
		CROSS JOIN jsonb_each(dated.hours) AS h
		WHERE jsonb_typeof(h.value) = 'string' GROUP BY h.key HAVING count(DISTINCT h.value) = 1) AS d;
	RETURN QUERY
	WITH part AS MATERIALIZED (
		SELECT e.*, extract(epoch FROM e.from_time) AS begins, extract(epoch FROM e.to_time) AS ends
		FROM rui.explain_dates(calendar, from_on, to_on) AS e
	), summary AS (
		SELECT p.day, sum(upper(p.period) - lower(p.period)) AS long,
			string_agg(rui._hours_cell(p.reason, p.begins, p.ends, p.occurrence, words ->> p.reason), '' ORDER BY p.period)
				FILTER (WHERE p.reason IN ('holiday', 'closure')) AS cells,
			bool_or(p.reason = 'holiday') AS has_holiday, bool_or(p.reason = 'closure') AS has_closure,
			-- Hours that begin on the date: those before belong to a night shift.
			bool_or(p.reason = 'make_up_day' AND p.begins > 0) AS has_make_up,
			range_agg(numrange(p.begins, p.ends)) AS shown, min(p.begins) FILTER (WHERE p.occurrence > 1) AS twice_from,
			max(p.ends) FILTER (WHERE p.occurrence > 1) AS twice_to
		FROM part p GROUP BY p.day
	), gap AS (
		SELECT d.place, (from_on + d.place)::date AS day, coalesce(s.long, interval '0') AS long, s.cells, s.has_holiday, s.has_closure,
			s.has_make_up OR make_up ? to_char(from_on + d.place, 'YYYY-MM-DD') AND EXISTS (
				SELECT FROM part p WHERE p.day = from_on + d.place AND p.reason = 'make_up_day') AS has_make_up,
			make_up ->> to_char(from_on + d.place, 'YYYY-MM-DD') AS weekday, s.twice_from, s.twice_to, g.cells AS gap_cells, g.times AS gap_times
		FROM generate_series(0, to_on - from_on - 1) AS d(place)
		LEFT JOIN summary s ON s.day = from_on + d.place
		CROSS JOIN LATERAL (
			SELECT string_agg(rui._hours_cell('skipped', lower(r), upper(r), 0, words ->> 'skipped'), '' ORDER BY r) AS cells,
				string_agg(rui._time_text(lower(r)) || '–' || rui._time_text(upper(r)), words ->> 'list' ORDER BY r) AS times
			FROM unnest(nummultirange(numrange(0, 86400)) - coalesce(s.shown, '{}')) AS r) AS g
	)
	SELECT g.day, g.place, concat(g.cells, g.gap_cells),
		concat_ws(words ->> 'semicolon', CASE WHEN g.has_holiday THEN words ->> 'holiday' END,
			CASE WHEN g.has_make_up AND g.weekday IS NOT NULL THEN format(words ->> 'make_up_of', rui._weekday_text(
				array_position('{mon,tue,wed,thu,fri,sat,sun}', g.weekday), lang)) WHEN g.has_make_up THEN words ->> 'make_up_day' END,
			CASE WHEN g.has_closure THEN words ->> 'closure' END,
			CASE WHEN g.long = interval '0' THEN words ->> 'no_date'
				WHEN g.gap_times IS NOT NULL OR g.twice_from IS NOT NULL THEN format(words ->> 'long_day', rui._duration_text(g.long, lang),
					concat_ws(words ->> 'list', replace(words ->> 'skipped_time', '%s', g.gap_times), replace(words ->> 'twice_time', '%s',
						rui._time_text(g.twice_from) || '–' || rui._time_text(g.twice_to)))) END),
		jsonb_build_object('holiday', g.has_holiday, 'closure', g.has_closure, 'skipped', g.gap_times IS NOT NULL,
			'twice', g.twice_from IS NOT NULL)
	FROM gap g ORDER BY g.place;
END
$$;
COMMENT ON FUNCTION rui._hours_days(rui.calendar, date, date, jsonb, text) IS
'Internal: what a picture draws of each of the dates [from_on, to_on) whatever else it shows: its place from 0, cells of holidays, closures and skipped time, a note of what is special, and what the legend must explain. Errors as explain_dates; 22023 more than 400 dates; 54000 more than 20,000 periods.';

CREATE FUNCTION rui._text_width(content text) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	-- Chinese characters are as wide as they are high.
	RETURN 6.3 * length(content) + 5.7 * length(regexp_replace(content, E'[\u0001-\u2e7f]', '', 'g'));
END
$$;
COMMENT ON FUNCTION rui._text_width(text) IS 'Internal: about how wide a text of 12 units height is.';

CREATE FUNCTION rui._hours_note(note text, x numeric) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN CASE WHEN note <> '' THEN format('<text x="%s" y="15">%s</text>', x, rui._html(
		CASE WHEN rui._text_width(note) > 1028 - x THEN rui._short(note, floor(length(note) * (1028 - x) / rui._text_width(note))::integer)
			ELSE note END)) ELSE '' END;
END
$$;
COMMENT ON FUNCTION rui._hours_note(text, numeric) IS 'Internal: what is special about a date, from x to the right edge, cut where it would not fit; nothing when empty.';

CREATE FUNCTION rui._hours_row(day date, place integer, attributes text, cells text, amount text, note text, lang text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	weekday integer := extract(isodow FROM day)::integer;
BEGIN
	RETURN format(E'<g class="day" transform="translate(0 %s)" data-day="%s"%s>%s<text x="14" y="15">%s</text>'
		'<text class="soft" x="90" y="15">%s</text><rect class="track" x="128" y="4" width="576" height="14"/>%s'
		'<text class="amount" x="788" y="15"%s>%s</text>%s</g>\n',
		place * 22, to_char(day, 'YYYY-MM-DD'), attributes,
		CASE WHEN weekday = 1 AND place > 0 THEN '<path class="week" d="M14 0H1026"/>' ELSE '' END,
		to_char(day, 'YYYY-MM-DD'), rui._weekday_text(weekday, lang), cells,
		-- Fractions of seconds are squeezed, not cut.
		CASE WHEN rui._text_width(amount) > 80 THEN ' textLength="80" lengthAdjust="spacingAndGlyphs"' END, rui._html(amount), note);
END
$$;
COMMENT ON FUNCTION rui._hours_row(date, integer, text, text, text, text, text) IS
'Internal: the row of a date at a place from 0: attributes and cells and note are SVG, the amount is text to the right of the hours.';

CREATE FUNCTION rui._hours_legend(classes text[], words jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	class text;
	x numeric := 14;
	drawn text := '';
BEGIN
	FOREACH class IN ARRAY classes LOOP
		drawn := drawn || CASE class WHEN 'grace' THEN format('<path class="grace" d="M%s 9h22"/>', x)
			WHEN 'twice' THEN format('<path class="twice" d="M%s 3h22v5h-22zM%1$s 10h22v5h-22z"/>', x)
			ELSE format('<rect class="%s" x="%s" y="2" width="22" height="14"/>', class, x) END
			|| format('<text x="%s" y="13">%s</text>', x + 28, rui._html(words ->> class));
		x := x + 50 + round(rui._text_width(words ->> class));
	END LOOP;
	RETURN drawn;
END
$$;
COMMENT ON FUNCTION rui._hours_legend(text[], jsonb) IS 'Internal: a line that explains classes of cells, each by its word.';

CREATE FUNCTION rui._picture_style(key text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	rules CONSTANT text := '~ text{font:12px system-ui,-apple-system,"Segoe UI","Noto Sans","Noto Sans SC","PingFang SC","Microsoft YaHei",sans-serif;fill:#1c2733}'
		'~ .title{font-size:17px;font-weight:600}~ .soft,~ .hour{fill:#5b6b7b}~ .hour{text-anchor:middle;font-size:11px}'
		'~ .amount{text-anchor:end}~ .sum{font-weight:600}~ .paper{fill:#fff;stroke:#d5dce3}~ .track{fill:#f0f3f6}~ .week{stroke:#d5dce3}'
		'~ .lines{stroke:#1c2733;stroke-opacity:.17;fill:none}~ .open,~ .counted,~ .twice{fill:#1f6fb2}~ .idle{fill:#a6c8e6}'
		'~ .make_up_day{fill:url(#^-make-up)}~ .holiday{fill:url(#^-holiday)}~ .closure{fill:url(#^-closure)}'
		'~ .paused{fill:url(#^-paused);stroke:#6b3fa0;stroke-width:.8}~ .skipped{fill:url(#^-skipped)}'
		'~ .make-up-back{fill:#0b8a68}~ .make-up-dot{fill:#fff}~ .holiday-back{fill:#fdeccb}~ .holiday-line{fill:#e3a02c}'
		'~ .closure-back{fill:#f9ddd8}~ .closure-line{stroke:#b8382a;fill:none}~ .paused-line{fill:#6b3fa0}~ .skipped-dot{fill:#7d8b99}'
		'~ .grace,~ .at-due{stroke:#c2410c}~ .grace{stroke-width:2;stroke-dasharray:5 3;fill:none}~ .mark-due{fill:#c2410c}'
		'~ .at-start{stroke:#1c2733}~ .mark-start{fill:#1c2733}~ .at-breach{stroke:#7a1fa2}~ .mark-breach{fill:#7a1fa2}'
		'~ .at-start,~ .at-due,~ .at-breach{stroke-width:1.6}~ .mark-start,~ .mark-due,~ .mark-breach{stroke:#fff;stroke-width:1.2}';
	dark CONSTANT text := '~ text{fill:#e6edf3}~ .soft,~ .hour{fill:#9aa9b8}~ .paper{fill:#10161d;stroke:#2b3642}~ .track{fill:#1c2530}'
		'~ .week{stroke:#2b3642}~ .lines{stroke:#e6edf3;stroke-opacity:.2}~ .open,~ .counted,~ .twice{fill:#58a6e8}~ .idle{fill:#2d5274}'
		'~ .paused{stroke:#c9a2f2}~ .make-up-back{fill:#35c49a}~ .make-up-dot{fill:#10161d}~ .holiday-back{fill:#473711}~ .holiday-line{fill:#c9932c}'
		'~ .closure-back{fill:#4a211c}~ .closure-line{stroke:#f08a7c}~ .paused-line{fill:#c9a2f2}~ .skipped-dot{fill:#8796a5}'
		'~ .grace,~ .at-due{stroke:#ff9a5c}~ .mark-due{fill:#ff9a5c}~ .at-start{stroke:#e6edf3}~ .mark-start{fill:#e6edf3}'
		'~ .at-breach{stroke:#dba8f7}~ .mark-breach{fill:#dba8f7}~ .mark-start,~ .mark-due,~ .mark-breach{stroke:#10161d}';
BEGIN
	RETURN replace(replace('<style>' || rules || '@media (prefers-color-scheme:dark){' || dark || '}</style>'
		'<defs><pattern id="^-make-up" width="6" height="7" patternUnits="userSpaceOnUse"><rect class="make-up-back" width="6" height="7"/>'
		'<circle class="make-up-dot" cx="3" cy="3.5" r="1.3"/></pattern>'
		'<pattern id="^-holiday" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
		'<rect class="holiday-back" width="7" height="7"/><rect class="holiday-line" width="2" height="7"/></pattern>'
		'<pattern id="^-closure" width="7" height="7" patternUnits="userSpaceOnUse"><rect class="closure-back" width="7" height="7"/>'
		'<path class="closure-line" d="M0 0L7 7M7 0L0 7"/></pattern>'
		'<pattern id="^-paused" width="6" height="6" patternUnits="userSpaceOnUse">'
		'<rect class="paused-line" x="2" width="1.6" height="6"/></pattern>'
		'<pattern id="^-skipped" width="5" height="5" patternUnits="userSpaceOnUse"><circle class="skipped-dot" cx="2.5" cy="2.5" r="1"/></pattern></defs>',
		'~', '#' || key), '^', key);
END
$$;
COMMENT ON FUNCTION rui._picture_style(text) IS
'Internal: style sheet and patterns of a picture whose element has that key as its id; colours for light and dark that also colour-blind people tell apart, each with a pattern or label of its own.';

CREATE FUNCTION rui._hours_frame(key text, attributes text, title text, about text, marks text, count_rows integer, below integer,
	body text, legend text, said text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	top integer := CASE WHEN marks = '' THEN 82 ELSE 106 END;
	bottom integer := top + count_rows * 22 + below;
	height integer := bottom + CASE WHEN legend = '' THEN 10 ELSE 36 END;
	hours text;
BEGIN
	SELECT string_agg(format('<text class="hour" x="%s" y="%s">%s</text>', rui._hours_x(h * 3600), top - 8,
		rui._time_text(h * 3600)), '' ORDER BY h) INTO hours
	FROM generate_series(0, 24, 3) AS h;
	RETURN format(E'<svg xmlns="http://www.w3.org/2000/svg" id="%1$s"%2$s width="1040" height="%3$s" viewBox="0 0 1040 %3$s" role="img"'
			' aria-labelledby="%1$s-title" aria-describedby="%1$s-desc">\n<title id="%1$s-title">%4$s</title>\n<desc id="%1$s-desc">%5$s</desc>\n',
			key, attributes, height, rui._html(title), rui._html(said))
		|| rui._picture_style(key) || format(E'\n<rect class="paper" x=".5" y=".5" width="1039" height="%s" rx="8"/>\n'
			'<text class="title" x="14" y="30">%s</text><text class="soft" x="14" y="52">%s</text>%s\n%s\n<g transform="translate(0 %s)">\n%s</g>\n',
			height - 1, rui._html(title), rui._html(about), marks, hours, top, body)
		|| format(E'<path class="lines" d="%s"/>\n<g transform="translate(0 %s)">%s</g>\n</svg>\n', (
			SELECT string_agg(format('M%s %sv%s', rui._hours_x(h * 3600), top - 4, count_rows * 22 + 6), '' ORDER BY h)
			FROM generate_series(0, 24, 3) AS h), bottom + 10, legend);
END
$$;
COMMENT ON FUNCTION rui._hours_frame(text, text, text, text, text, integer, integer, text, text, text) IS
'Internal: a whole picture around its rows. key becomes its id; attributes, marks (a third line above), body (which takes below units more than its rows) and legend are SVG, title, about and said (what a screen reader reads) are text.';

CREATE FUNCTION rui.calendar_svg(calendar rui.calendar, from_on date, to_on date, lang text DEFAULT 'en') RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 100000
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	words jsonb := rui._picture_words(lang);
	zone text := rui.calendar_zone(calendar);
	worked interval;
	working_days integer;
	title text;
	about text;
	body text;
	said text;
	classes text[];
BEGIN
	WITH open_time AS (
		SELECT e.day, sum(upper(e.period) - lower(e.period)) AS worked,
			string_agg(rui._hours_cell(e.reason, extract(epoch FROM e.from_time), extract(epoch FROM e.to_time), e.occurrence,
				words ->> e.reason), '' ORDER BY e.period) AS cells,
			string_agg(rui._time_text(extract(epoch FROM e.from_time)) || '–' || rui._time_text(extract(epoch FROM e.to_time)),
				words ->> 'list' ORDER BY e.period) AS times,
			bool_or(e.reason = 'open') AS has_open, bool_or(e.reason = 'make_up_day') AS has_make_up
		FROM rui.explain_dates(calendar, from_on, to_on) AS e WHERE e.reason IN ('open', 'make_up_day') GROUP BY e.day
	)
	SELECT coalesce(sum(o.worked), interval '0'), coalesce(string_agg(rui._hours_row(d.day, d.place,
			format(' data-worked="%s"', trim_scale(extract(epoch FROM coalesce(o.worked, interval '0')))),
			concat(d.cells, o.cells), CASE WHEN o.worked IS NOT NULL THEN rui._duration_text(o.worked, lang) END,
			rui._hours_note(d.note, 802), lang), '' ORDER BY d.place), ''),
		string_agg(to_char(d.day, 'YYYY-MM-DD ') || concat_ws(words ->> 'semicolon', o.times, coalesce(nullif(d.note, ''),
			CASE WHEN o.times IS NULL THEN words ->> 'closed' END)), E'\n' ORDER BY d.place),
		array_remove(ARRAY[CASE WHEN bool_or(o.has_open) THEN 'open' END, CASE WHEN bool_or(o.has_make_up) THEN 'make_up_day' END,
			CASE WHEN bool_or((d.said ->> 'holiday')::boolean) THEN 'holiday' END, CASE WHEN bool_or((d.said ->> 'closure')::boolean) THEN 'closure' END,
			CASE WHEN bool_or((d.said ->> 'skipped')::boolean) THEN 'skipped' END, CASE WHEN bool_or((d.said ->> 'twice')::boolean) THEN 'twice' END], NULL)
	INTO worked, body, said, classes
	FROM rui._hours_days(calendar, from_on, to_on, words, lang) AS d
	LEFT JOIN open_time o ON o.day = d.day;
	working_days := rui.working_days(calendar, from_on, to_on);
	title := CASE to_on - from_on WHEN 0 THEN words ->> 'no_dates' WHEN 1 THEN format(words ->> 'one_date', to_char(from_on, 'YYYY-MM-DD'))
		ELSE format(words ->> 'title', to_char(from_on, 'YYYY-MM-DD'), to_char(to_on - 1, 'YYYY-MM-DD')) END;
	about := format(words ->> 'about', zone, to_on - from_on, working_days, rui._duration_text(worked, lang));
	RETURN rui._hours_frame(
		'p' || left(encode(sha256(rui.calendar_send(calendar) || int4send(from_on - '2000-01-01') || int4send(to_on - from_on)
			|| lang::bytea), 'hex'), 10),
		format(' data-zone="%s" data-from="%s" data-to="%s" data-worked="%s" data-working-days="%s"', rui._html(zone),
			to_char(from_on, 'YYYY-MM-DD'), to_char(to_on, 'YYYY-MM-DD'), trim_scale(extract(epoch FROM worked)), working_days),
		title, about, '', to_on - from_on, 0, body, rui._hours_legend(classes, words), concat_ws(E'\n', about, said));
END
$$;
COMMENT ON FUNCTION rui.calendar_svg(rui.calendar, date, date, text) IS
'A picture of the dates [from_on, to_on) of the calendar''s zone: one standalone SVG element with words in lang en or zh. A row a date, the hours of its wall clock across: open time, make-up days, holidays and closures in colours and patterns of their own and by name, working time at the right. Where a clock change skips local time the row is dotted, where local time comes twice the first is drawn above the second, so that a row shows 23, 24 or 25 hours. data-worked of the picture and of every row (data-day) is working time in seconds; data-working-days, data-zone, data-from and data-to say what else is drawn. Errors: 22008 a date outside of 1900 to 2200; 22023 to_on before from_on, more than 400 dates, unknown lang; 54000 more than 20,000 periods.';
