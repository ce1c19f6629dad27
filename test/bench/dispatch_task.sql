-- A standing match of :tasks tasks, a quarter as many people with one to eight
-- places each, and :arriving tasks to come; in a city, twenty of the nearest forty
-- people are candidates of each. Variables: tasks, arriving.
CREATE SCHEMA bench;
SELECT set_config('bench.tasks', :'tasks', false), set_config('bench.arriving', :'arriving', false) \g /dev/null
SELECT rui.create_company('bench', 'Bench', 'Boss') AS company \gset
INSERT INTO rui.company_member (company_id, party_id, role_code, valid)
SELECT :company, p.id, r.role_code, tstzrange('2000-01-01 00:00+00', NULL)
FROM rui.party p, unnest('{loader,manager}'::text[]) AS r(role_code) WHERE p.company_id = :company;
SELECT p.id AS boss FROM rui.party p WHERE p.company_id = :company \gset
BEGIN;
SET LOCAL rui.party_id = :'boss';
SELECT rui.create_project(:company, 'town', 'Town') AS project \gset
COMMIT;
CREATE TABLE bench.place AS SELECT :project::bigint AS project_id;
SELECT setseed(0.7) \g /dev/null
CREATE TABLE bench.person AS
SELECT i::bigint AS id, 1 + floor(random() * 8)::int AS capacity, point(random() * 1000, random() * 1000) AS p
FROM generate_series(1, :tasks / 4) i;
CREATE INDEX ON bench.person USING gist (p);
CREATE TABLE bench.task AS
SELECT i::bigint AS id, point(random() * 1000, random() * 1000) AS p, (20000 * 2 ^ floor(random() * 4))::float8 AS penalty
FROM generate_series(1, :tasks + :arriving) i;
CREATE TABLE bench.candidate AS
SELECT t.id, t.penalty, array_agg(n.id ORDER BY n.id) AS party_ids, array_agg(n.cost ORDER BY n.id) AS costs
FROM bench.task t
CROSS JOIN LATERAL (
	SELECT q.id, round((q.p <-> t.p) * 10 + 900 * (q.id % 3))::float8 AS cost FROM (
		SELECT w.id, w.p FROM bench.person w ORDER BY w.p <-> t.p LIMIT 40) q
	ORDER BY hashint8(q.id * 7919 + t.id) LIMIT 20) n
GROUP BY t.id, t.penalty;
CREATE INDEX ON bench.candidate (id);

INSERT INTO rui.dispatch_state (project_id, last_at, runs, match_version) SELECT project_id, now(), 1, nextval('rui.dispatch_version') FROM bench.place;
INSERT INTO rui.dispatch_price SELECT x.project_id, w.id, w.capacity, 0, 0, 0 FROM bench.person w, bench.place x;
INSERT INTO rui.dispatch_candidate SELECT x.project_id, c.id, c.penalty, c.party_ids, c.costs FROM bench.candidate c, bench.place x WHERE c.id <= :tasks;
INSERT INTO rui.dispatch_plan SELECT x.project_id, c.id FROM bench.candidate c, bench.place x WHERE c.id <= :tasks;
SELECT rui._solve_match(project_id, 120, 600) FROM bench.place \g /dev/null
UPDATE rui.dispatch_plan SET offered_id = party_id, offered_at = now();
SELECT rui._solve_match(project_id, 120, 600) FROM bench.place \g /dev/null
VACUUM ANALYZE;

CREATE TABLE bench.took (n int, ms float8);
-- One task ends, another comes, in the session that keeps the match; what is
-- counted is the coming, up to its commit.
CREATE PROCEDURE bench.insert_tasks(from_n int, to_n int) LANGUAGE plpgsql AS $$
DECLARE
	began timestamptz;
	place bigint := (SELECT project_id FROM bench.place);
	one bench.candidate;
	moved bigint[];
BEGIN
	FOR i IN from_n..to_n LOOP
		moved := rui._match_change(place, nextval('rui.dispatch_version'), 120, 600, '{}', '{}', '{}', ARRAY[(SELECT min(l.task_id)
			FROM rui.dispatch_plan l WHERE l.project_id = place)], '{}', '{}', '{}', '{}', '{}', '{}');
		PERFORM rui._match_apply(place, nextval('rui.dispatch_version'), 120, 600, moved, now());
		COMMIT;
		SELECT c.* INTO one FROM bench.candidate c WHERE c.id = i;
		began := clock_timestamp();
		PERFORM FROM rui.dispatch_state s WHERE s.project_id = place FOR NO KEY UPDATE;
		moved := rui._match_change(place, nextval('rui.dispatch_version'), 120, 600, '{}', '{}', '{}', '{}', ARRAY[one.id], ARRAY[one.penalty],
			'{f}', ARRAY[cardinality(one.party_ids)], one.party_ids, one.costs);
		PERFORM rui._match_apply(place, nextval('rui.dispatch_version'), 120, 600, moved, now());
		INSERT INTO bench.took VALUES (i, extract(epoch FROM clock_timestamp() - began) * 1000);
		COMMIT;
	END LOOP;
END $$;
-- The same pairs solved again.
CREATE VIEW bench.pair AS
SELECT c.task_id, o.party_id, o.cost - CASE WHEN o.party_id = l.offered_id THEN 600 ELSE 0 END AS cost, p.capacity, c.penalty,
	o.party_id = l.party_id AS chosen
FROM rui.dispatch_candidate c JOIN rui.dispatch_plan l USING (project_id, task_id)
CROSS JOIN LATERAL unnest(c.party_ids, c.costs) AS o(party_id, cost)
JOIN rui.dispatch_price p ON p.project_id = c.project_id AND p.party_id = o.party_id;
