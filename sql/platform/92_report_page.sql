-- The report of a project: one page of HTML without network, and the same as
-- lines of text for a terminal.

PERFORM rui._name('report', r.code, r.zh, r.en) FROM (VALUES
	('title', '服务报告', 'Service report'), ('period', '期间', 'Period'), ('role', '查看者', 'Seen by'), ('made', '制作时间', 'Made'),
	('tickets', '报事', 'Tickets'), ('opened', '报事数', 'opened'), ('completed', '已完成', 'completed'), ('cancelled', '已取消', 'cancelled'),
	('open_now', '未完成', 'still open'), ('reopened', '重开', 'reopened'), ('emergencies', '紧急', 'emergencies'),
	('proactive', '主动发现', 'found by us'), ('rating', '平均评分', 'mean rating'), ('map', '网格与负荷', 'Territories and load'),
	('by_category', '按类别的时限达成', 'Resolution in time, by category'), ('by_day', '按日的时限达成', 'Resolution in time, by day'),
	('targets', '各项时限', 'All promises'), ('arrears', '欠费账龄', 'Arrears by age'), ('scores', '检查得分', 'Audit scores'),
	('grid', '网格', 'Grid'), ('steward', '管家', 'Steward'), ('homes', '户数', 'Homes'), ('on_time', '按时', 'on time'), ('late', '超时', 'late'),
	('running', '计时中', 'running'), ('share', '达成率', 'share'), ('age', '逾期天数', 'Days past due'), ('units', '户', 'Units'),
	('amount', '金额', 'Amount'), ('billed', '应收', 'Billed'), ('paid', '已收', 'Paid'), ('collection', '收缴率', 'Collection rate'),
	('score', '得分', 'Score'), ('grade', '等级', 'Grade'), ('target', '时限', 'Promise'), ('none', '无', 'none'),
	('category', '类别', 'Category'), ('subject', '对象', 'Subject'), ('scorecard', '检查表', 'Scorecard')
) AS r(code, zh, en);

CREATE FUNCTION rui._percent(share numeric) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN CASE WHEN share IS NULL THEN '–' ELSE round(share * 100, 1) || ' %' END;
END
$$;
COMMENT ON FUNCTION rui._percent(numeric) IS 'Internal: a share from 0 to 1 as text with one decimal, such as 93.5 %; a dash for null.';

CREATE FUNCTION rui._report_section(code text, lang text, content text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN format('<section id="%s"><h2>%s</h2>%s</section>', code, rui._html(rui.label('report', code, lang)), content);
END
$$;
COMMENT ON FUNCTION rui._report_section(text, text, text) IS 'Internal: one section of the report; content is HTML.';

CREATE FUNCTION rui._report_style() RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN ':root{--ink:#1c2733;--soft:#5b6b7b;--line:#dde3e9;--main:#1f6f8b;--warn:#c0562f}'
		'*{box-sizing:border-box}body{margin:0 auto;max-width:820px;padding:32px 24px;color:var(--ink);background:#fff;'
		'font:15px/1.5 system-ui,"Noto Sans SC","PingFang SC",sans-serif}h1{font-size:26px;margin:0 0 4px}'
		'h2{font-size:17px;margin:36px 0 10px;padding-top:12px;border-top:1px solid var(--line)}'
		'.about{color:var(--soft);margin:0 0 20px;font-size:13px}.figures{display:grid;grid-template-columns:repeat(4,1fr);gap:10px}'
		'.figure{border:1px solid var(--line);border-radius:6px;padding:10px 12px}.figure b{display:block;font-size:24px;line-height:1.2}'
		'.figure span{color:var(--soft);font-size:13px}svg{width:100%;height:auto;display:block}svg text{font-size:12px;fill:var(--ink)}'
		'svg .value{fill:var(--soft)}.bars rect{fill:var(--main)}.arrears .bars rect{fill:var(--warn)}'
		'.days .volume{fill:#cfdfe6}.days polyline{fill:none;stroke:var(--main);stroke-width:2}.days circle{fill:var(--main)}'
		'.days .hit{fill:transparent}.days .hit:hover{fill:#0001}.axis line{stroke:var(--line)}.axis text{fill:var(--soft);font-size:11px}'
		'.map path{fill:var(--main);stroke:#fff;stroke-width:1.5}.map g.area:hover path{stroke:var(--ink)}'
		'.map text{font-size:13px;font-weight:600;paint-order:stroke;stroke:#fff;stroke-width:3px}'
		'table{border-collapse:collapse;width:100%;font-size:14px;margin-top:10px}th,td{text-align:left;padding:4px 10px 4px 0;'
		'border-bottom:1px solid var(--line)}th{color:var(--soft);font-weight:600}.number{text-align:right;font-variant-numeric:tabular-nums}';
END
$$;
COMMENT ON FUNCTION rui._report_style() IS 'Internal: the style sheet of the report.';

CREATE FUNCTION rui.report_html(project_id bigint, from_at timestamptz, to_at timestamptz, lang text DEFAULT 'en',
	at timestamptz DEFAULT now()) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
DECLARE
	about rui.project;
	reader text;
	figures text;
	map text;
	grids text;
	categories text;
	days text;
	targets text;
	arrears text;
	scores text;
BEGIN
	PERFORM rui._check_report(project_id, from_at, to_at);
	PERFORM rui._check_instant(at);
	IF lang IS NULL OR lang NOT IN ('zh', 'en') THEN
		RAISE EXCEPTION 'unknown language "%"', coalesce(lang, 'null')
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Languages are zh and en.';
	END IF;
	SELECT p.* INTO about FROM rui.project p WHERE p.id = report_html.project_id;
	SELECT string_agg(DISTINCT rui.label('role', m.role_code, lang), ', ') INTO reader
	FROM rui.membership m WHERE m.project_id = report_html.project_id AND m.party_id = rui.current_party() AND m.valid @> rui._access_time();

	SELECT string_agg(format('<div class="figure" data-figure="%s"><b>%s</b><span>%s</span></div>', f.code,
		rui._html(f.shown), rui._html(rui.label('report', f.code, lang))), '' ORDER BY f.place) INTO figures
	FROM rui.report_tickets(project_id, from_at, to_at) t
	CROSS JOIN rui.report_money(project_id, from_at, to_at) m
	CROSS JOIN LATERAL (VALUES (1, 'opened', t.opened::text), (2, 'completed', t.completed::text), (3, 'open_now', t.open_now::text),
		(4, 'emergencies', t.emergencies::text), (5, 'proactive', t.proactive::text), (6, 'rating', coalesce(t.mean_rating::text, '–')),
		(7, 'billed', m.billed::text), (8, 'collection', rui._percent(m.collection_rate))) AS f(place, code, shown);

	SELECT rui._svg_map(rui.label('report', 'map', lang), coalesce(jsonb_agg(jsonb_build_object('key', g.grid_id, 'label', g.code,
			'value', g.tickets, 'area', g.area::text, 'text', format('%s (%s): %s %s, %s %s', g.code, coalesce(g.steward, '–'), g.homes,
				rui.label('report', 'homes', lang), g.tickets, rui.label('report', 'tickets', lang))) ORDER BY g.code), '[]')),
		rui._html_table(ARRAY[rui.label('report', 'grid', lang), rui.label('report', 'steward', lang), rui.label('report', 'homes', lang),
			rui.label('report', 'tickets', lang)],
			coalesce(jsonb_agg(jsonb_build_array(g.code, coalesce(g.steward, '–'), g.homes, g.tickets) ORDER BY g.code), '[]'))
	INTO map, grids FROM rui.report_grids(project_id, from_at, to_at) g;

	SELECT rui._svg_bars(rui.label('report', 'by_category', lang), coalesce(jsonb_agg(jsonb_build_object('key', a.code, 'label', a.name,
		'value', coalesce(round(a.share * 100, 1), 0), 'text', format('%s  (%s / %s)', rui._percent(a.share), a.on_time, a.on_time + a.late))
		ORDER BY a.place), '[]'), 100) INTO categories
	FROM (SELECT r.*, row_number() OVER (ORDER BY r.clocks DESC, r.code) AS place
		FROM rui.report_attainment(project_id, from_at, to_at, 'resolution', 'category', lang) r) a
	WHERE a.place <= 20;

	SELECT rui._svg_days(rui.label('report', 'by_day', lang), coalesce(jsonb_agg(jsonb_build_object('day', d.day::text,
		'count', coalesce(a.clocks, 0), 'share', a.share,
		'text', format('%s: %s, %s %s', d.day, rui._percent(a.share), coalesce(a.clocks, 0), rui.label('report', 'tickets', lang)))
		ORDER BY d.day), '[]')) INTO days
	FROM (SELECT generate_series(from_at AT TIME ZONE about.time_zone, to_at AT TIME ZONE about.time_zone - interval '1 microsecond',
		interval '1 day')::date AS day) d
	LEFT JOIN rui.report_attainment(project_id, from_at, to_at, 'resolution', 'day', lang) a ON a.code = d.day::text;

	SELECT rui._html_table(ARRAY[rui.label('report', 'target', lang), rui.label('report', 'on_time', lang), rui.label('report', 'late', lang),
			rui.label('report', 'running', lang), rui.label('report', 'share', lang)],
		jsonb_agg(jsonb_build_array(rui.label('target', k.target, lang), coalesce(a.on_time, 0), coalesce(a.late, 0), coalesce(a.running, 0),
			rui._percent(a.share)) ORDER BY k.place)) INTO targets
	FROM unnest('{response,arrival,resolution}'::text[]) WITH ORDINALITY AS k(target, place)
	LEFT JOIN LATERAL rui.report_attainment(project_id, from_at, to_at, k.target, 'all', lang) a ON true;

	SELECT '<div class="arrears">' || rui._svg_bars(rui.label('report', 'arrears', lang), jsonb_agg(jsonb_build_object('key', a.age, 'label', a.age,
			'value', a.amount, 'text', format('%s %s  (%s %s)', a.amount, about.currency, a.units, rui.label('report', 'units', lang)))
			ORDER BY a.from_days)) || '</div>' INTO arrears
	FROM rui.report_arrears(project_id, to_at) a;

	SELECT rui._svg_bars(rui.label('report', 'scores', lang), coalesce(jsonb_agg(jsonb_build_object('key', s.key, 'label', s.label,
		'value', s.score, 'text', format('%s  %s', s.score, s.grade)) ORDER BY s.label), '[]'), 100) INTO scores
	FROM rui.report_scores(project_id, to_at) s;

	RETURN '<!DOCTYPE html>' || E'\n' || format('<html lang="%s"><head><meta charset="utf-8">'
		'<meta http-equiv="Content-Security-Policy" content="default-src ''none''; style-src ''unsafe-inline''">'
		'<meta name="viewport" content="width=device-width"><title>%s</title><style>%s</style></head><body>'
		'<h1>%s</h1><p class="about">%s: %s – %s (%s) · %s: %s · %s: %s</p>',
		CASE lang WHEN 'zh' THEN 'zh-CN' ELSE lang END, rui._html(about.name || ' · ' || rui.label('report', 'title', lang)), rui._report_style(),
		rui._html(about.name || ' · ' || rui.label('report', 'title', lang)),
		rui._html(rui.label('report', 'period', lang)), to_char(from_at AT TIME ZONE about.time_zone, 'YYYY-MM-DD HH24:MI'),
		to_char(to_at AT TIME ZONE about.time_zone, 'YYYY-MM-DD HH24:MI'), rui._html(about.time_zone),
		rui._html(rui.label('report', 'role', lang)), rui._html(coalesce(reader, '–')),
		rui._html(rui.label('report', 'made', lang)), to_char(at AT TIME ZONE about.time_zone, 'YYYY-MM-DD HH24:MI'))
		|| rui._report_section('tickets', lang, '<div class="figures">' || figures || '</div>')
		|| rui._report_section('map', lang, map || grids)
		|| rui._report_section('by_category', lang, categories)
		|| rui._report_section('by_day', lang, days)
		|| rui._report_section('targets', lang, targets)
		|| rui._report_section('arrears', lang, arrears)
		|| rui._report_section('scores', lang, scores)
		|| E'</body></html>\n';
END
$$;
COMMENT ON FUNCTION rui.report_html(bigint, timestamptz, timestamptz, text, timestamptz) IS
'The report of a project about [from_at, to_at) as one HTML page in lang (en or zh) that needs no network and runs no script: figures, map of the territories with load, resolution in time by category (the 20 with most tickets) and by day, all promises, arrears by age, scores. Every text from the database is escaped. It states period, the role it was made for, and the time it was made, at. Elements carry their numbers in data- attributes. Needs permission read_reports. Errors: 22004, 22008, 22023, 42501.';

CREATE FUNCTION rui.report_summary(project_id bigint, from_at timestamptz, to_at timestamptz, lang text DEFAULT 'en')
RETURNS SETOF text
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED ROWS 40
SET search_path FROM CURRENT
AS $$
DECLARE
	about rui.project;
BEGIN
	PERFORM rui._check_report(project_id, from_at, to_at);
	IF lang IS NULL OR lang NOT IN ('zh', 'en') THEN
		RAISE EXCEPTION 'unknown language "%"', coalesce(lang, 'null')
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Languages are zh and en.';
	END IF;
	SELECT p.* INTO about FROM rui.project p WHERE p.id = report_summary.project_id;
	RETURN NEXT left(format('%s · %s', about.name, rui.label('report', 'title', lang)), 100);
	RETURN NEXT format('%s: %s – %s (%s)', rui.label('report', 'period', lang),
		to_char(from_at AT TIME ZONE about.time_zone, 'YYYY-MM-DD HH24:MI'), to_char(to_at AT TIME ZONE about.time_zone, 'YYYY-MM-DD HH24:MI'),
		about.time_zone);
	RETURN NEXT '';
	RETURN QUERY SELECT format('%s: %s %s, %s %s, %s %s, %s %s, %s %s', rui.label('report', 'tickets', lang),
			t.opened, rui.label('report', 'opened', lang), t.completed, rui.label('report', 'completed', lang),
			t.cancelled, rui.label('report', 'cancelled', lang), t.open_now, rui.label('report', 'open_now', lang),
			t.emergencies, rui.label('report', 'emergencies', lang))
		FROM rui.report_tickets(project_id, from_at, to_at) t;
	RETURN QUERY SELECT format('%s: %s (%s)', rui.label('report', 'rating', lang), coalesce(t.mean_rating::text, '–'), t.ratings)
		FROM rui.report_tickets(project_id, from_at, to_at) t;
	RETURN NEXT '';
	RETURN QUERY SELECT format('%s %s %s %s  %s', rpad(rui._short(rui.label('report', 'target', lang), 24), 24),
		lpad(rui.label('report', 'on_time', lang), 9), lpad(rui.label('report', 'late', lang), 7), lpad(rui.label('report', 'running', lang), 9),
		rui.label('report', 'share', lang));
	RETURN QUERY SELECT format('%s %s %s %s  %s', rpad(rui.label('target', k.target, lang), 24),
			lpad(coalesce(a.on_time, 0)::text, 9), lpad(coalesce(a.late, 0)::text, 7), lpad(coalesce(a.running, 0)::text, 9), rui._percent(a.share))
		FROM unnest('{response,arrival,resolution}'::text[]) WITH ORDINALITY AS k(target, place)
		LEFT JOIN LATERAL rui.report_attainment(project_id, from_at, to_at, k.target, 'all', lang) a ON true ORDER BY k.place;
	RETURN NEXT '';
	RETURN QUERY SELECT format('%s %s %s %s  %s', rpad(rui._short(a.name, 24), 24), lpad(a.on_time::text, 9), lpad(a.late::text, 7),
			lpad(a.running::text, 9), rui._percent(a.share))
		FROM rui.report_attainment(project_id, from_at, to_at, 'resolution', 'category', lang) a LIMIT 10;
	RETURN NEXT '';
	RETURN QUERY SELECT format('%s %s %s %s', rpad(rui.label('report', 'grid', lang), 12), rpad(rui.label('report', 'steward', lang), 16),
		lpad(rui.label('report', 'homes', lang), 7), lpad(rui.label('report', 'tickets', lang), 8));
	RETURN QUERY SELECT format('%s %s %s %s', rpad(rui._short(g.code, 12), 12), rpad(rui._short(coalesce(g.steward, '–'), 16), 16),
			lpad(g.homes::text, 7), lpad(g.tickets::text, 8))
		FROM rui.report_grids(project_id, from_at, to_at) g LIMIT 30;
	RETURN NEXT '';
	RETURN QUERY SELECT format('%s: %s %s, %s %s, %s %s', rui.label('report', 'billed', lang), m.billed, about.currency,
			rui.label('report', 'paid', lang), m.paid, rui.label('report', 'collection', lang), rui._percent(m.collection_rate))
		FROM rui.report_money(project_id, from_at, to_at) m;
	RETURN QUERY SELECT format('%s %s  %s: %s', rpad(rui.label('report', 'arrears', lang) || ', ' || a.age, 30), lpad(a.amount::text, 14),
			rui.label('report', 'units', lang), a.units)
		FROM rui.report_arrears(project_id, to_at) a;
	RETURN NEXT '';
	RETURN QUERY SELECT format('%s %s %s', rpad(rui._short(s.label, 30), 30), lpad(s.score::text, 8), s.grade)
		FROM rui.report_scores(project_id, to_at) s ORDER BY s.label LIMIT 30;
END
$$;
COMMENT ON FUNCTION rui.report_summary(bigint, timestamptz, timestamptz, text) IS
'The report of a project about [from_at, to_at) as lines of at most 100 characters, in lang en or zh: tickets, promises, resolution by category (the ten with most), grids, money, arrears, scores. Needs permission read_reports. Errors: 22004, 22008, 22023, 42501.';
