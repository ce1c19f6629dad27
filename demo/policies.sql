-- Categories of needs, working hours and what is promised; then the project
-- goes live.

CREATE TEMP TABLE category_row AS
SELECT c.code, c.zh, c.en, c.skill, c.skill_level, c.service, c.fee
FROM (VALUES
	('plumbing', '水管', 'Plumbing', 'plumbing', 2, interval '40 minutes', 'repair'),
	('electric', '电气', 'Electricity', 'electric', 2, interval '35 minutes', 'repair'),
	('leak', '漏水', 'Leak', 'plumbing', 2, interval '60 minutes', 'repair'),
	('lift', '电梯', 'Lift', 'lift', 3, interval '45 minutes', NULL),
	('cleaning', '保洁', 'Cleaning', NULL, 1, interval '25 minutes', 'repair'),
	('noise', '噪音', 'Noise', NULL, 1, interval '20 minutes', NULL),
	('parking', '停车', 'Parking', NULL, 1, interval '15 minutes', NULL),
	('access', '门禁', 'Access card', NULL, 1, interval '15 minutes', 'repair'),
	('enquiry', '咨询', 'Enquiry', NULL, 1, interval '10 minutes', NULL),
	('complaint', '投诉', 'Complaint', NULL, 1, interval '30 minutes', NULL)
) AS c(code, zh, en, skill, skill_level, service, fee)
WHERE EXISTS (SELECT FROM need_row n WHERE n.category = c.code)
UNION ALL
SELECT DISTINCT ON (n.category) n.category, n.category_name, n.category_name, NULL, 1, interval '30 minutes', NULL
FROM need_row n WHERE n.category_name IS NOT NULL;

BEGIN;
SELECT set_config('rui.party_id', :'loader', true) \gset hidden_
SELECT count(rui.set_ticket_category(:project, c.code, c.zh, c.en, skill => c.skill, skill_level => c.skill_level,
	service => c.service, fee_item_code => c.fee, is_emergency => c.code = 'leak')) FROM category_row c \gset hidden_
SELECT rui.set_calendar(:project, 'site', format('{"tz":"%s","weekly":{"mon":[["08:00","20:00"]],"tue":[["08:00","20:00"]],'
	'"wed":[["08:00","20:00"]],"thu":[["08:00","20:00"]],"fri":[["08:00","20:00"]],"sat":[["08:00","20:00"]],'
	'"sun":[["09:00","18:00"]]}}', :'time_zone')::rui.calendar) \gset hidden_
\if :{?needs_file}
-- Promised is what each case's own target says, by the wall.
SELECT rui.set_sla_policy(:project, 'always', response => '24 hours', judged_by => 'wall') \gset hidden_
\else
-- People are told of what is late between breakfast and bedtime; of emergencies always.
SELECT rui.set_calendar(:project, 'notices', format('{"tz":"%s","weekly":{"mon":[["07:30","21:30"]],"tue":[["07:30","21:30"]],'
	'"wed":[["07:30","21:30"]],"thu":[["07:30","21:30"]],"fri":[["07:30","21:30"]],"sat":[["07:30","21:30"]],'
	'"sun":[["08:30","21:30"]]}}', :'time_zone')::rui.calendar) \gset hidden_
SELECT rui.set_sla_policy(:project, 'site', answer => '15 minutes', response => '30 minutes', arrival => '2 hours',
	resolution => '4 hours', call_back => '24 hours', warnings => '{80%}', escalations => '{01:00,04:00}',
	notice_calendar => 'notices') \gset hidden_
SELECT rui.set_sla_policy(:project, 'site', response => '1 hour', resolution => '24 hours', category => 'complaint',
	escalations => '{04:00}') \gset hidden_
SELECT rui.set_sla_policy(:project, 'always', response => '5 minutes', arrival => '30 minutes', resolution => '2 hours',
	is_emergency => true, judged_by => 'wall', escalations => '{00:15,01:00}', escalate_in => 'wall') \gset hidden_
\endif
SELECT rui.set_project_state(:project, 'go_live') \gset hidden_
COMMIT;
