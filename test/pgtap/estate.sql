-- What the tables of estate and people refuse, whoever writes.
BEGIN;
SELECT plan(22);
SELECT rui.create_company('acme', 'Acme', 'Director Li') AS company \gset
SELECT id AS director FROM rui.party WHERE company_id = :company \gset
SELECT set_config('rui.party_id', :'director', true) \gset hidden_
SELECT rui.create_project(:company, 'one', 'First') AS one \gset
SELECT rui.create_project(:company, 'two', 'Second') AS two \gset
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'a', 'A') RETURNING id AS a \gset
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'b', 'B') RETURNING id AS b \gset
INSERT INTO rui.building (project_id, code, footprint, entrance) VALUES (:one, '1',
	'SRID=4326;MULTIPOLYGON(((118 32,118.001 32,118.001 32.001,118 32)))', 'SRID=4326;POINT(118 32)') RETURNING id AS building \gset
INSERT INTO rui.unit (project_id, building_id, code, area_m2) VALUES (:one, :building, '1-1', 90) RETURNING id AS unit \gset
INSERT INTO rui.household (project_id, unit_id, valid) VALUES (:one, :unit, '[2026-01-01,2026-03-01)') RETURNING id AS household \gset
INSERT INTO rui.post (project_id, code, name, module) VALUES (:one, 's', 'Steward', 'steward') RETURNING id AS post \gset

CREATE FUNCTION pg_temp.refused(command text, code text, about text) RETURNS text LANGUAGE sql AS
$$SELECT throws_ok($1, $2, NULL, $3)$$;
SELECT pg_temp.refused(format($$INSERT INTO rui.building (project_id, code, footprint, entrance) VALUES (%s, '2',
	'SRID=4326;MULTIPOLYGON(((0 0,1 1,1 0,0 1,0 0)))', 'SRID=4326;POINT(0 0)')$$, :one), '23514', 'a footprint that crosses itself');
SELECT pg_temp.refused(format($$INSERT INTO rui.building (project_id, code, footprint, entrance) VALUES (%s, '2',
	'SRID=4326;MULTIPOLYGON EMPTY', 'SRID=4326;POINT(0 0)')$$, :one), '23514', 'an empty footprint');
SELECT pg_temp.refused(format($$INSERT INTO rui.building (project_id, code, footprint, entrance) VALUES (%s, '1',
	'SRID=4326;MULTIPOLYGON(((0 0,1 1,1 0,0 0)))', 'SRID=4326;POINT(0 0)')$$, :one), '23505', 'a building code twice');
SELECT pg_temp.refused(format($$INSERT INTO rui.unit (project_id, building_id, code, area_m2) VALUES (%s, %s, '1-2', 90)$$,
	:two, :building), '23503', 'a unit in a building of another project');
SELECT pg_temp.refused(format($$INSERT INTO rui.unit (project_id, building_id, code, area_m2) VALUES (%s, %s, '1-2', 0)$$,
	:one, :building), '23514', 'a unit without area');
SELECT pg_temp.refused(format($$INSERT INTO rui.household (project_id, unit_id, valid) VALUES (%s, %s, '[2026-02-28,)')$$,
	:one, :unit), '23P01', 'two households in a unit at a time');
SELECT lives_ok(format($$INSERT INTO rui.household (project_id, unit_id, valid) VALUES (%s, %s, '[2026-03-01,)')$$,
	:one, :unit), 'one after the other is life');
SELECT lives_ok(format($$INSERT INTO rui.occupancy (project_id, household_id, unit_id, party_id, role, valid)
	VALUES (%s, %s, %s, %s, 'owner', '[2026-01-01,2026-03-01)')$$, :one, :household, :unit, :a), 'an occupant');
SELECT pg_temp.refused(format($$INSERT INTO rui.occupancy (project_id, household_id, unit_id, party_id, role, valid)
	VALUES (%s, %s, %s, %s, 'owner', '[2026-02-01,2026-03-01)')$$, :one, :household, :unit, :a), '23P01', 'the same occupant twice');
SELECT lives_ok(format($$INSERT INTO rui.ownership (project_id, unit_id, valid, owner_ids, share_parts)
	VALUES (%s, %s, '[2020-01-01,2026-01-01)', '{%s,%s}', '{1,2}')$$, :one, :unit, :a, :b), 'one third and two thirds');
SELECT pg_temp.refused(format($$INSERT INTO rui.ownership (project_id, unit_id, valid, owner_ids, share_parts)
	VALUES (%s, %s, '[2025-01-01,2027-01-01)', '{%s}', '{1}')$$, :one, :unit, :a), '23P01', 'two ownerships at a time');
SELECT pg_temp.refused(format($$INSERT INTO rui.ownership (project_id, unit_id, valid, owner_ids, share_parts)
	VALUES (%s, %s, '[2026-01-01,)', '{%s}', '{1,2}')$$, :one, :unit, :a), '23514', 'more shares than owners');
SELECT pg_temp.refused(format($$INSERT INTO rui.ownership (project_id, unit_id, valid, owner_ids, share_parts)
	VALUES (%s, %s, '[2026-01-01,)', '{%s,%s}', '{1,0}')$$, :one, :unit, :a, :b), '23514', 'a share of nothing');
SELECT pg_temp.refused(format($$INSERT INTO rui.ownership (project_id, unit_id, valid, owner_ids, share_parts)
	VALUES (%s, %s, '[2026-01-01,)', '{%s,%s}', '{1,NULL}')$$, :one, :unit, :a, :b), '23514', 'an unknown share');
SELECT pg_temp.refused(format($$INSERT INTO rui.ownership (project_id, unit_id, valid, owner_ids, share_parts)
	VALUES (%s, %s, 'empty', '{%s}', '{1}')$$, :one, :unit, :a), '23514', 'an ownership of no day');
SELECT lives_ok(format($$INSERT INTO rui.shift (project_id, post_id, party_id, during)
	VALUES (%s, %s, %s, '[2026-01-01 08:00+08,2026-01-01 16:00+08)')$$, :one, :post, :a), 'a shift');
SELECT pg_temp.refused(format($$INSERT INTO rui.shift (project_id, post_id, party_id, during)
	VALUES (%s, %s, %s, '[2026-01-01 15:59+08,2026-01-01 20:00+08)')$$, :one, :post, :a), '23P01', 'two shifts at a time');
SELECT pg_temp.refused(format($$INSERT INTO rui.shift (project_id, post_id, party_id, during)
	VALUES (%s, %s, %s, '[2026-01-01 16:00+08,)')$$, :one, :post, :a), '23514', 'a shift without end');
SELECT lives_ok(format($$INSERT INTO rui.staff (company_id, party_id, staff_no, employed)
	VALUES (%s, %s, '7', '[2020-01-01,2021-01-01)'), (%s, %s, '7', '[2021-01-01,)')$$, :company, :a, :company, :b),
	'a number is given again after its bearer left');
SELECT pg_temp.refused(format($$INSERT INTO rui.staff (company_id, party_id, staff_no, employed)
	VALUES (%s, %s, '7', '[2022-01-01,)')$$, :company, :a), '23P01', 'but not to two at a time');
INSERT INTO rui.contact_point (company_id, party_id, kind, value) VALUES (:company, :a, 'phone', '+86 138-0013 8000');
SELECT is((SELECT value_norm FROM rui.contact_point WHERE party_id = :a), '+8613800138000', 'phone numbers are normalised');
SELECT pg_temp.refused(format($$INSERT INTO rui.contact_point (company_id, party_id, kind, value)
	VALUES (%s, %s, 'phone', '+8613800138000')$$, :company, :a), '23505', 'so that one number is one');
SELECT * FROM finish();
ROLLBACK;
