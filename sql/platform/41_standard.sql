-- Promising what a published standard says.

CREATE FUNCTION rui.adopt_standard(project_id bigint, standard text, level integer, site_calendar text,
	workday_calendar text DEFAULT NULL, categories jsonb DEFAULT '{}', from_at timestamptz DEFAULT NULL)
RETURNS TABLE (kind text, category text, policy_id bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE ROWS 5
SET search_path FROM CURRENT
AS $$
DECLARE
	promised record;
	counted text;
BEGIN
	PERFORM rui.require_permission(project_id, 'set_policies');
	PERFORM rui._check_text('site_calendar', site_calendar, 40);
	IF categories IS NULL THEN
		PERFORM rui._missing('categories');
	ELSIF jsonb_typeof(categories) <> 'object' OR EXISTS (
		SELECT FROM jsonb_each(categories) AS c
		WHERE c.key NOT IN ('urgent', 'ordinary', 'complaint', 'enquiry', 'request') OR jsonb_typeof(c.value) <> 'string') THEN
		RAISE EXCEPTION 'categories must name a category for a kind'
			USING ERRCODE = 'invalid_parameter_value', DETAIL = format('Given is %s.', categories),
				HINT = 'For example {"complaint": "complaint", "enquiry": "question"}.';
	END IF;
	FOR promised IN SELECT s.* FROM rui.standard_policy(standard, level) AS s LOOP
		kind := promised.kind;
		category := categories ->> kind;
		policy_id := NULL;
		-- Complaints and the like are known by their category only.
		IF category IS NOT NULL OR kind IS NULL OR kind IN ('urgent', 'ordinary') THEN
			counted := CASE promised.counted_in WHEN 'wall' THEN 'always' WHEN 'working' THEN site_calendar ELSE workday_calendar END;
			IF counted IS NULL THEN
				RAISE EXCEPTION 'standard "%" counts % in working days', standard, kind
					USING ERRCODE = 'null_value_not_allowed', HINT = 'Give workday_calendar: a calendar whose working days are open from 00:00 to 24:00, such as rui.china_calendar makes.';
			END IF;
			policy_id := rui.set_sla_policy(project_id, counted, contract_level => level, category => category,
				is_emergency => CASE WHEN category IS NULL AND kind IS NOT NULL THEN promised.is_emergency END,
				answer => rui._whole_days(promised.answer), response => rui._whole_days(promised.response),
				arrival => rui._whole_days(promised.arrival), resolution => rui._whole_days(promised.resolution),
				call_back => rui._whole_days(promised.call_back), judged_by => promised.judged_by, from_at => from_at);
		END IF;
		RETURN NEXT;
	END LOOP;
END
$$;
COMMENT ON FUNCTION rui.adopt_standard(bigint, text, integer, text, text, jsonb, timestamptz) IS
'Sets SLA policies of a project to what a published standard says (rui.sla_standard; look at rui.standard_policy first): one for each kind of need it sets times for, for projects of contract level `level` (null: of any). Urgent needs are emergencies, ordinary ones all others; complaints, enquiries and requests are those of a category: categories says which, as {"complaint": "complaint"}; a kind whose category is not said is left out and returned with policy_id null. Times count by the wall, in site_calendar, or in working days of workday_calendar, whose days are open from 00:00 to 24:00. from_at as in rui.set_sla_policy. Adopting the same again changes nothing. Needs permission set_policies. Errors: 22004, also a workday_calendar that is needed; 22001, 22023, P0002 unknown standard or calendar, 23503 unknown category, 42501, 55000.';

CREATE FUNCTION rui._whole_days(length interval) RETURNS interval
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN make_interval(secs => extract(epoch FROM length)::float8);
END
$$;
COMMENT ON FUNCTION rui._whole_days(interval) IS 'Internal: a length with days of 24 hours as pure time.';
