-- The times that Chinese standards and publications set for property services,
-- as rows; and what each would promise as SLA policies.

CREATE TABLE rui.sla_standard (
	standard text NOT NULL CHECK (standard ~ '^[a-z][a-z0-9_]{0,39}$'),
	item integer NOT NULL CHECK (item > 0),
	level integer CHECK (level BETWEEN 1 AND 5),
	kind text CHECK (kind IN ('urgent', 'ordinary', 'complaint', 'enquiry', 'request')),
	scope text CHECK (length(scope) BETWEEN 1 AND 100),
	target text NOT NULL CHECK (target IN ('answer', 'response', 'arrival', 'resolution', 'call_back')),
	length interval,
	counted_in text CHECK (counted_in IN ('working', 'wall', 'working_days')),
	grade text NOT NULL CHECK (grade IN ('A', 'B', 'C')),
	source text NOT NULL CHECK (length(source) BETWEEN 1 AND 200),
	remark text CHECK (length(remark) BETWEEN 1 AND 500),
	PRIMARY KEY (standard, item),
	CONSTRAINT sla_standard_length CHECK ((length IS NULL) = (counted_in IS NULL) AND length > interval '0'
		AND extract(year FROM length) = 0 AND extract(month FROM length) = 0
		-- A day has no length but where working days are counted.
		AND (extract(day FROM length) = 0
			OR counted_in = 'working_days' AND length = make_interval(days => extract(day FROM length)::integer))),
	-- A policy promises one length for a target, and counts in one way.
	CONSTRAINT sla_standard_once EXCLUDE USING gist (standard WITH =, (coalesce(level, 0)) WITH =, (coalesce(kind, '')) WITH =,
		(coalesce(scope, '')) WITH =, target WITH =),
	CONSTRAINT sla_standard_counted_once EXCLUDE USING gist (standard WITH =, (coalesce(kind, '')) WITH =, counted_in WITH <>)
		WHERE (scope IS NULL)
);
PERFORM rui._describe('sla_standard', 'Times that standards of property services and other publications in China set, for a company to choose from; rui.standard_policy() makes policies of them. They say nothing of what is promised: rui.sla_policy does.',
	'standard: The standard or publication; its names are rui.label(''sla_standard'', …).',
	'item: Position of the row in it, from 1.',
	'level: Level of service, 1 to 5, as the standard counts them (in some 1 is the highest, in others 5), or null: every level, or none is named.',
	'kind: Kind of need: urgent, ordinary (other repairs), complaint, enquiry, request; null: any.',
	'scope: What part of the kind it is for, or null: the kind as a whole. Only these become policies.',
	'target: answer (the customer hears of it; without a scope for the first time), response (somebody takes it on), arrival, resolution or call_back.',
	'length: How long, or null where no time is set, for the reason in remark. Hours and minutes, or whole days where working days are counted.',
	'counted_in: wall: by the wall, around the clock; working: in the site''s hours; working_days: from 00:00 to 24:00 of working days, make-up days (调休) included. Where the text is silent: urgent needs and days by the wall, complaints in working days, the rest in the site''s hours.',
	'grade: A: an issued standard, as a secondary page reports it; B: press or a digest; C: a company.',
	'source: Where it is published.',
	'remark: What else the text says, or what it leaves open.');
PERFORM rui._declare_table('sla_standard', 'reference', 'none');

INSERT INTO rui.sla_standard (standard, item, level, kind, scope, target, length, counted_in, grade, source, remark)
SELECT s.standard, i.item, i.level, i.kind, i.scope, i.target, i.length::interval, i.counted_in, s.grade, s.source, i.remark
FROM (VALUES
	('cpma_2004', 'A', 'China Property Management Association: three-level standard of services, 2004'),
	('moc_1998', 'A', 'Ministry of Construction, 1998'),
	('beijing_2008', 'A', 'Beijing: levels of residential services, for trial, 2008'),
	('beijing_earlier', 'A', 'Beijing: an older text on call-backs'),
	('qingdao_2013', 'A', 'Qingdao: residential standard, 2013'),
	('digest_2025', 'B', 'web digest of current rules, 2025'),
	('article_2025', 'B', 'web article on dispatch, 2025'),
	('lift_2025', 'B', 'legal digest, 2025'),
	('hotline_12345', 'B', 'weak digest on the hotline 12345 of Beijing'),
	('contractor_beijing', 'C', 'table of a contractor in Beijing')
) AS s(standard, grade, source)
JOIN (VALUES
	('cpma_2004', 1, 1, 'urgent', NULL, 'arrival', '0:30', 'wall', 'Reports are taken by telephone 24 h a day.'),
	('cpma_2004', 2, 2, 'urgent', NULL, 'arrival', '1:00', 'wall', 'Reports are taken by telephone 16 h a day.'),
	('cpma_2004', 3, 3, 'urgent', NULL, 'arrival', NULL, NULL, 'At the agreed time; reports are taken by telephone 8 h a day.'),
	('cpma_2004', 4, NULL, 'ordinary', NULL, 'arrival', NULL, NULL, 'At the time agreed with the owner.'),
	('cpma_2004', 5, NULL, NULL, NULL, 'call_back', NULL, NULL, 'Report, repair and call-back are put on record.'),
	('moc_1998', 1, NULL, 'urgent', NULL, 'resolution', NULL, NULL, 'Household water and power: not left overnight.'),
	('moc_1998', 2, NULL, 'ordinary', NULL, 'resolution', '72:00', 'wall', 'Small repairs of household water and power: within 3 days.'),
	('moc_1998', 3, NULL, NULL, NULL, 'call_back', NULL, NULL, 'There is a system of call-backs.'),
	('beijing_2008', 1, NULL, 'urgent', NULL, 'arrival', '0:20', 'wall', 'Water, power, gas, heating; reports are taken by telephone 24 h a day.'),
	('beijing_2008', 2, 2, 'ordinary', NULL, 'arrival', '1:00', 'working', 'Other repairs within 1 h.'),
	('beijing_earlier', 1, NULL, NULL, NULL, 'call_back', '168:00', 'wall', 'Within 1 week; rate and timeliness over 85%.'),
	('qingdao_2013', 1, 5, 'urgent', NULL, 'arrival', '0:15', 'wall', 'Reports are taken 24 h a day; the reception is open at least 10 h a day.'),
	('qingdao_2013', 2, 5, 'complaint', NULL, 'answer', '24:00', 'working_days', NULL),
	('digest_2025', 1, NULL, 'urgent', NULL, 'arrival', '0:15', 'wall', NULL),
	('digest_2025', 2, NULL, 'urgent', 'under control', 'resolution', '2:00', 'wall', 'What is urgent is under control in 2 h; that it is repaired is not said.'),
	('digest_2025', 3, NULL, 'urgent', 'danger to life', 'arrival', '0:05', 'wall', '5 min; of what is not said.'),
	('digest_2025', 4, NULL, 'urgent', 'urgent repair', 'arrival', '0:45', 'wall', '45 min; of what is not said.'),
	('digest_2025', 5, NULL, 'urgent', 'urgent repair', 'resolution', '24:00', 'wall', 'Done in 12 to 24 h.'),
	('digest_2025', 6, NULL, 'urgent', 'main supply cut', 'arrival', '0:30', 'wall', 'Water, power, heating: the repair has started within 30 min.'),
	('digest_2025', 7, NULL, 'ordinary', NULL, 'response', '0:30', 'working', 'Small repairs.'),
	('digest_2025', 8, NULL, 'ordinary', NULL, 'resolution', '24:00', 'working', 'Small repairs. Warning before they are overdue; 3 overdue orders in a month start rectification; half as much again during a red weather alert.'),
	('digest_2025', 9, NULL, 'ordinary', 'complex', 'resolution', '48:00', 'working', NULL),
	('digest_2025', 10, NULL, 'ordinary', 'public lighting, complex fault', 'resolution', '48:00', 'working', NULL),
	('digest_2025', 11, NULL, 'complaint', NULL, 'answer', '24:00', 'working_days', 'First response.'),
	('digest_2025', 12, NULL, 'complaint', 'written progress', 'answer', '7 days', 'working_days', 'Written progress within 7 days.'),
	('digest_2025', 13, NULL, 'enquiry', NULL, 'answer', '4:00', 'working', 'First answer.'),
	('digest_2025', 14, NULL, 'enquiry', NULL, 'resolution', '48:00', 'working', 'Full answer.'),
	('digest_2025', 15, NULL, 'request', NULL, 'response', '1:00', 'working', 'Cleaning or greening: 1 h; of what is not said.'),
	('digest_2025', 16, 1, NULL, NULL, 'call_back', NULL, NULL, 'At least 70% are called back.'),
	('digest_2025', 17, 4, NULL, NULL, 'call_back', NULL, NULL, 'At least 90% are called back.'),
	('article_2025', 1, NULL, NULL, 'dispatch by the front desk', 'response', '0:05', 'working', NULL),
	('article_2025', 2, NULL, NULL, NULL, 'response', '0:15', 'working', 'The worker accepts.'),
	('article_2025', 3, 5, NULL, NULL, 'arrival', '0:15', 'working', 'Five-star site: 15 min; of what is not said.'),
	('article_2025', 4, 1, NULL, NULL, 'arrival', '0:30', 'working', 'Level-1 site: 30 min; of what is not said.'),
	('lift_2025', 1, NULL, 'urgent', NULL, 'arrival', '0:30', 'wall', 'Persons shut in a lift; TSG T5002-2017, whose text was not seen, is usually cited with 30 min in cities.'),
	('lift_2025', 2, NULL, 'urgent', 'outside of cities', 'arrival', '1:00', 'wall', 'TSG T5002-2017, whose text was not seen, as it is usually cited.'),
	('hotline_12345', 1, NULL, 'urgent', NULL, 'resolution', '2:00', 'wall', 'Emergency. Check the municipal rule.'),
	('hotline_12345', 2, NULL, 'urgent', 'water, power, gas, heating', 'resolution', '24:00', 'wall', 'Check the municipal rule.'),
	('hotline_12345', 3, NULL, 'ordinary', NULL, 'resolution', '168:00', 'wall', '7 days. Check the municipal rule.'),
	('hotline_12345', 4, NULL, 'ordinary', 'complex', 'resolution', '360:00', 'wall', '15 days. Check the municipal rule.'),
	('contractor_beijing', 1, NULL, 'complaint', NULL, 'answer', '0:15', 'working_days', 'First contact.'),
	('contractor_beijing', 2, NULL, 'complaint', 'first feedback', 'answer', '1:00', 'working_days', NULL),
	('contractor_beijing', 3, NULL, 'complaint', NULL, 'arrival', '2:00', 'working_days', NULL),
	('contractor_beijing', 4, NULL, 'complaint', 'simple', 'answer', '4:00', 'working_days', 'Until when it will be resolved is told.'),
	('contractor_beijing', 5, NULL, 'complaint', 'complex', 'answer', '4:00', 'working_days', 'News every 4 h.')
) AS i(standard, item, level, kind, scope, target, length, counted_in, remark) ON i.standard = s.standard;

PERFORM rui._name('sla_standard', n.code, n.zh, n.en) FROM (VALUES
	('cpma_2004', '中国物业管理协会三级服务等级标准（2004）', 'China Property Management Association, three-level standard (2004)'),
	('moc_1998', '建设部（1998）', 'Ministry of Construction (1998)'),
	('beijing_2008', '北京市住宅物业服务等级规范（试行，2008）', 'Beijing, levels of residential services (trial, 2008)'),
	('beijing_earlier', '北京市早期回访规定', 'Beijing, older text on call-backs'),
	('qingdao_2013', '青岛市住宅物业服务标准（2013）', 'Qingdao, residential standard (2013)'),
	('digest_2025', '现行规定网络摘编（2025）', 'Web digest of current rules (2025)'),
	('article_2025', '派单时限网络文章（2025）', 'Web article on dispatch times (2025)'),
	('lift_2025', '电梯困人救援时限（法规摘编）', 'Lift entrapment (legal digest)'),
	('hotline_12345', '12345市民服务热线（北京）办理时限', 'Hotline 12345, Beijing'),
	('contractor_beijing', '北京某企业投诉处理时限', 'A contractor in Beijing, complaints')
) AS n(code, zh, en);

CREATE FUNCTION rui.standard_policy(standard text, level integer DEFAULT NULL)
RETURNS TABLE (kind text, is_emergency boolean, answer interval, response interval, arrival interval, resolution interval,
	call_back interval, counted_in text, judged_by text)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 5
SET search_path FROM CURRENT
AS $$
DECLARE
	with_times text;
BEGIN
	IF standard IS NULL THEN
		PERFORM rui._missing('standard');
	ELSIF level NOT BETWEEN 1 AND 5 THEN
		RAISE EXCEPTION 'level must be 1 to 5, not %', level USING ERRCODE = 'invalid_parameter_value';
	ELSIF NOT EXISTS (SELECT FROM rui.sla_standard s WHERE s.standard = standard_policy.standard) THEN
		RAISE EXCEPTION 'standard "%" does not exist', standard
			USING ERRCODE = 'no_data_found', HINT = (
				SELECT 'It is one of ' || string_agg(DISTINCT s.standard, ', ' ORDER BY s.standard) || '.' FROM rui.sla_standard s);
	END IF;
	RETURN QUERY
	WITH said AS (
		-- What is said of the level goes before what is said of all.
		SELECT DISTINCT ON (s.kind, s.target) s.kind, s.target, s.length, s.counted_in
		FROM rui.sla_standard s
		WHERE s.standard = standard_policy.standard AND s.scope IS NULL AND (s.level IS NULL OR s.level = standard_policy.level)
		ORDER BY s.kind, s.target, s.level NULLS LAST
	)
	SELECT d.kind, d.kind = 'urgent', max(d.length) FILTER (WHERE d.target = 'answer'),
		max(d.length) FILTER (WHERE d.target = 'response'), max(d.length) FILTER (WHERE d.target = 'arrival'),
		max(d.length) FILTER (WHERE d.target = 'resolution'), max(d.length) FILTER (WHERE d.target = 'call_back'),
		max(d.counted_in), 'wall'
	FROM said d
	GROUP BY d.kind
	HAVING count(d.length) > 0
	ORDER BY array_position('{urgent,ordinary,complaint,enquiry,request}', d.kind);
	IF NOT FOUND THEN
		SELECT string_agg(DISTINCT coalesce(s.level::text, 'every level'), ', ') INTO with_times
		FROM rui.sla_standard s
		WHERE s.standard = standard_policy.standard AND s.scope IS NULL AND s.length IS NOT NULL;
		RAISE EXCEPTION 'standard "%" sets no time for %', standard, coalesce('level ' || level, 'needs without a level')
			USING ERRCODE = 'invalid_parameter_value', HINT = 'It sets times for level ' || with_times || '.';
	END IF;
END
$$;
COMMENT ON FUNCTION rui.standard_policy(text, integer) IS
'What a standard of rui.sla_standard would promise at a level of service (1 to 5, as it counts them), one row for each kind of need that it sets a time for: the lengths of its targets, null where it sets none. What it says of the level goes before what it says of every level; level null takes only the latter. Rows with a scope are left out: they need a category of their own. kind null is for any kind without a row of its own. is_emergency: true for urgent, null for any kind. counted_in as in rui.sla_standard, one for all lengths of a row; with working_days a length may be whole days. judged_by is wall: what is promised to owners is late after its due time. Writes nothing. Errors: 22004 null standard, P0002 unknown standard, 22023 no level, or nothing with a time at that level.';
