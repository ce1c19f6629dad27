-- Travel: how long it takes to walk from one place to another, along the
-- streets of a project and up and down its buildings.
--
-- A net is drawn from the open streets, cut where barriers stand, with every
-- entrance tied to the nearest street. It is kept, one row a project, until
-- streets, barriers, passages or buildings change, and drawn again by need;
-- so are the trees: how far it is from a place that was asked for to all
-- entrances.

CREATE TABLE rui.travel_term (
	code text PRIMARY KEY CHECK (code ~ '^[a-z][a-z_]*$'),
	standard double precision NOT NULL,
	lowest double precision NOT NULL,
	highest double precision NOT NULL,
	about text NOT NULL,
	CHECK (standard BETWEEN lowest AND highest)
);
INSERT INTO rui.travel_term (code, standard, lowest, highest, about) VALUES
	('speed', 1.2, 0.1, 100, 'Speed in metres a second.'),
	('factor', 1.3, 1, 20, 'How much longer the way is than the straight line where a project has no streets, and over open ground.'),
	('rough', 3, 1, 100, 'How much longer it is where there are streets but none of them leads there.'),
	('access', 300, 1, 5000, 'How far a street may be from a place, in metres.'),
	('direct', 50, 0, 5000, 'How far apart places may be, in metres, so that one walks straight over open ground where that is shorter.'),
	('gap', 15, 0.1, 1000, 'Metres of a barrier that a bridge opens to each side.'),
	('stairs', 20, 0, 3600, 'Seconds a storey on the stairs.'),
	('lift', 3, 0, 3600, 'Seconds a storey in the lift.'),
	('lift_wait', 45, 0, 3600, 'Seconds until the lift comes and opens.'),
	('trees', 5000, 0, 1000000, 'How many places a project keeps the ways from; the oldest make room for new ones.');

CREATE TABLE rui.travel_setting (
	project_id bigint NOT NULL REFERENCES rui.project (id),
	term text NOT NULL REFERENCES rui.travel_term (code),
	value double precision NOT NULL,
	PRIMARY KEY (project_id, term)
);

CREATE TABLE rui.travel_net (
	project_id bigint PRIMARY KEY REFERENCES rui.project (id),
	is_stale boolean NOT NULL DEFAULT true,
	version bigint NOT NULL DEFAULT 0,
	built_at timestamptz,
	squeeze double precision,
	node_a bigint[],
	node_b bigint[],
	metres double precision[],
	x1 double precision[],
	y1 double precision[],
	x2 double precision[],
	y2 double precision[],
	top_node bigint,
	stops geometry(Point, 4326)[],
	blocked geometry
);

CREATE TABLE rui.travel_tree (
	project_id bigint NOT NULL REFERENCES rui.travel_net (project_id),
	place geometry(Point, 4326) NOT NULL,
	version bigint NOT NULL,
	metres double precision[] NOT NULL,
	kept_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (project_id, place)
);
CREATE INDEX travel_tree_by_age ON rui.travel_tree (project_id, kept_at);
-- They do not compress.
ALTER TABLE rui.travel_tree ALTER COLUMN metres SET STORAGE EXTERNAL;

PERFORM rui._describe('travel_term', 'The numbers that walking times are computed with.',
	'code: The term.', 'standard: Its value where a project has none of its own.', 'lowest: The least value it can have.',
	'highest: The greatest value.', 'about: What it means.');
PERFORM rui._describe('travel_setting', 'A project''s own values for terms of travel.', 'term: The term.', 'value: Its value here.');
PERFORM rui._describe('travel_net', 'The ways of a project as a network, kept until what it was drawn from changes. An edge is a piece of a street, or the tie of an entrance to it.',
	'is_stale: Whether streets, barriers, passages, entrances or terms have changed since: it is drawn again when somebody next asks.',
	'version: How many times it was drawn.', 'built_at: When it was last drawn, or null.',
	'squeeze: How long a degree of longitude is there, in degrees of latitude.',
	'node_a: One end of each edge; below 0 the stop of that number.', 'node_b: The other end.', 'metres: Length of each edge.',
	'x1: Longitude of the first end.', 'y1: Its latitude.', 'x2: Longitude of the other end.', 'y2: Its latitude.',
	'top_node: The highest node.', 'stops: The entrances, each place once; stop n is the n-th.',
	'blocked: What nobody walks through, WGS 84, or null.');
PERFORM rui._describe('travel_tree', 'How far it is from a place to all stops of the project''s net; kept for places that were asked for.',
	'place: The place, WGS 84.', 'version: Of the net that it is computed in; of others it means nothing.',
	'metres: Length of the way to each stop, Infinity where no way leads.',
	'kept_at: Since when; the oldest go when there are more than the term trees allows.');
PERFORM rui._declare_table('travel_term', 'reference', 'none');
PERFORM rui._declare_table('travel_setting', 'tenant', 'change');
PERFORM rui._declare_table('travel_net', 'tenant', 'none');
PERFORM rui._declare_table('travel_tree', 'tenant', 'none');
GRANT INSERT, UPDATE ON rui.travel_net TO rui_api;
GRANT INSERT, UPDATE, DELETE ON rui.travel_tree TO rui_api;
PERFORM rui._allow_read(t.name, '{rui_staff,rui_steward,rui_agent,rui_manager,rui_expert,rui_analyst,rui_auditor}',
	'project_id = ANY ((SELECT rui.my_projects())::bigint[])')
FROM unnest('{travel_setting,travel_net,travel_tree}'::text[]) AS t(name);
PERFORM rui._permit('set_travel', '{candidate,live}', 'manager', 'loader');
PERFORM rui._permit('see_walks', '{candidate,live,closed}', 'steward', 'staff', 'partner', 'agent', 'manager', 'expert', 'analyst', 'auditor',
	'director', 'loader');

-- What a net is drawn from makes it stale.

CREATE FUNCTION rui._forget_travel(project_id bigint) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	-- Whoever draws the net holds the row: what is changed meanwhile waits
	-- here and makes it stale again.
	INSERT INTO rui.travel_net AS n (project_id) VALUES (project_id)
	ON CONFLICT ON CONSTRAINT travel_net_pkey DO UPDATE SET is_stale = true WHERE NOT n.is_stale;
END
$$;
COMMENT ON FUNCTION rui._forget_travel(bigint) IS 'Internal: the net of a project is to be drawn again before it is next used.';

CREATE FUNCTION rui._ways_came() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui._forget_travel(n.project_id) FROM (SELECT DISTINCT r.project_id FROM new_rows r ORDER BY 1) n;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION rui._ways_came() IS
'Internal: statement trigger of rui.street, rui.barrier, rui.passage and rui.building: what is added or changed is known to the next walk.';

CREATE FUNCTION rui._ways_went() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui._forget_travel(n.project_id) FROM (SELECT DISTINCT r.project_id FROM old_rows r ORDER BY 1) n;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION rui._ways_went() IS
'Internal: statement trigger of rui.street, rui.barrier, rui.passage and rui.building: what is removed is known to the next walk.';

CREATE FUNCTION rui._entrances_moved() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui._forget_travel(n.project_id) FROM (
		SELECT DISTINCT r.project_id FROM new_rows r
		WHERE NOT EXISTS (SELECT FROM old_rows o WHERE o.project_id = r.project_id AND o.id = r.id AND o.entrance = r.entrance) ORDER BY 1) n;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION rui._entrances_moved() IS
'Internal: statement trigger of rui.building: where an entrance moves, the next walk knows of it; other changes of buildings keep the net.';
CREATE TRIGGER ways_added AFTER INSERT ON rui.street REFERENCING NEW TABLE AS new_rows
	FOR EACH STATEMENT EXECUTE FUNCTION rui._ways_came();
CREATE TRIGGER ways_changed AFTER UPDATE ON rui.street REFERENCING NEW TABLE AS new_rows
	FOR EACH STATEMENT EXECUTE FUNCTION rui._ways_came();
CREATE TRIGGER ways_removed AFTER DELETE ON rui.street REFERENCING OLD TABLE AS old_rows
	FOR EACH STATEMENT EXECUTE FUNCTION rui._ways_went();
CREATE TRIGGER ways_added AFTER INSERT ON rui.barrier REFERENCING NEW TABLE AS new_rows
	FOR EACH STATEMENT EXECUTE FUNCTION rui._ways_came();
CREATE TRIGGER ways_changed AFTER UPDATE ON rui.barrier REFERENCING NEW TABLE AS new_rows
	FOR EACH STATEMENT EXECUTE FUNCTION rui._ways_came();
CREATE TRIGGER ways_removed AFTER DELETE ON rui.barrier REFERENCING OLD TABLE AS old_rows
	FOR EACH STATEMENT EXECUTE FUNCTION rui._ways_went();
CREATE TRIGGER ways_added AFTER INSERT ON rui.passage REFERENCING NEW TABLE AS new_rows
	FOR EACH STATEMENT EXECUTE FUNCTION rui._ways_came();
CREATE TRIGGER ways_changed AFTER UPDATE ON rui.passage REFERENCING NEW TABLE AS new_rows
	FOR EACH STATEMENT EXECUTE FUNCTION rui._ways_came();
CREATE TRIGGER ways_removed AFTER DELETE ON rui.passage REFERENCING OLD TABLE AS old_rows
	FOR EACH STATEMENT EXECUTE FUNCTION rui._ways_went();
CREATE TRIGGER ways_added AFTER INSERT ON rui.building REFERENCING NEW TABLE AS new_rows
	FOR EACH STATEMENT EXECUTE FUNCTION rui._ways_came();
CREATE TRIGGER ways_changed AFTER UPDATE ON rui.building REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
	FOR EACH STATEMENT EXECUTE FUNCTION rui._entrances_moved();
CREATE TRIGGER ways_removed AFTER DELETE ON rui.building REFERENCING OLD TABLE AS old_rows
	FOR EACH STATEMENT EXECUTE FUNCTION rui._ways_went();

CREATE FUNCTION rui.set_travel_term(project_id bigint, term text, value double precision) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	known rui.travel_term;
BEGIN
	PERFORM rui.require_permission(project_id, 'set_travel');
	PERFORM rui._check_text('term', term, 60);
	SELECT t.* INTO known FROM rui.travel_term t WHERE t.code = term;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'unknown term "%"', term USING ERRCODE = 'invalid_parameter_value', HINT = 'rui.travel_term lists them.';
	ELSIF value IS NULL THEN
		DELETE FROM rui.travel_setting s WHERE s.project_id = set_travel_term.project_id AND s.term = set_travel_term.term;
	ELSIF NOT (value >= known.lowest AND value <= known.highest) THEN
		RAISE EXCEPTION 'value % of "%" is out of range', value, term
			USING ERRCODE = 'numeric_value_out_of_range', HINT = format('Give %s to %s.', known.lowest, known.highest);
	ELSE
		INSERT INTO rui.travel_setting AS s (project_id, term, value) VALUES (project_id, term, value)
		ON CONFLICT ON CONSTRAINT travel_setting_pkey DO UPDATE SET value = EXCLUDED.value;
	END IF;
	IF term IN ('access', 'gap') THEN
		PERFORM rui._forget_travel(project_id);
	END IF;
END
$$;
COMMENT ON FUNCTION rui.set_travel_term(bigint, text, double precision) IS
'Sets the value of a term of travel (rui.travel_term: walking speed, detours, stairs and lifts) for a project; null: the standard again. Needs permission set_travel. Errors: 22004, 22023 unknown term, 22003 outside of the term''s bounds or not a number, 42501, 55000.';

CREATE FUNCTION rui._travel_terms(project_id bigint) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN (SELECT jsonb_object_agg(t.code, coalesce(s.value, t.standard))
		FROM rui.travel_term t
		LEFT JOIN rui.travel_setting s ON s.project_id = _travel_terms.project_id AND s.term = t.code);
END
$$;
COMMENT ON FUNCTION rui._travel_terms(bigint) IS 'Internal: the values of all terms of travel for a project.';

CREATE FUNCTION rui._has_streets(project_id bigint) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN EXISTS (SELECT FROM rui.street s WHERE s.project_id = _has_streets.project_id AND NOT s.is_closed);
END
$$;
COMMENT ON FUNCTION rui._has_streets(bigint) IS 'Internal: whether a project has an open street.';

-- The net.

CREATE FUNCTION rui._travel_feet(net rui.travel_net, places geometry[], access double precision)
RETURNS TABLE (place_no integer, edge_no integer, share double precision, foot_m double precision)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100
SET search_path FROM CURRENT SET enable_nestloop = off SET jit = off
AS $$
DECLARE
	left_over integer[] := ARRAY(SELECT generate_series(1, cardinality(places)));
	found_place integer[];
	found_edge integer[];
	found_share double precision[];
	found_m double precision[];
	reach double precision;
	side double precision;
BEGIN
	-- Most are near a street: whoever has none within an eighth of the reach
	-- looks farther. Streets are known by the squares of points along them,
	-- at most `reach` apart: who is that near lies in one of nine squares.
	FOREACH reach IN ARRAY ARRAY[access / 8, access] LOOP
		EXIT WHEN cardinality(left_over) = 0;
		side := 2 * reach / 111195;
		WITH place AS MATERIALIZED (
			SELECT p.no, ST_X(places[p.no]) * net.squeeze AS x, ST_Y(places[p.no]) AS y FROM unnest(left_over) AS p(no)
		), edge AS MATERIALIZED (
			SELECT e.no::integer AS no, e.x1 * net.squeeze AS x1, e.y1, (e.x2 - e.x1) * net.squeeze AS dx, e.y2 - e.y1 AS dy, e.metres
			FROM unnest(net.node_a, net.metres, net.x1, net.y1, net.x2, net.y2) WITH ORDINALITY AS e(a, metres, x1, y1, x2, y2, no)
			WHERE e.a > 0
		), square AS MATERIALIZED (
			SELECT DISTINCT e.no, floor((e.x1 + e.dx * s.i / s.n) / side) AS column_no, floor((e.y1 + e.dy * s.i / s.n) / side) AS row_no
			FROM edge e
			CROSS JOIN LATERAL (SELECT n.n, generate_series(0, n.n) AS i FROM (SELECT greatest(ceil(e.metres / reach), 1)::integer AS n) n) s
		), near AS (
			SELECT DISTINCT p.no AS place, q.no AS edge
			FROM place p CROSS JOIN generate_series(-1, 1) AS i(i) CROSS JOIN generate_series(-1, 1) AS j(j)
			JOIN square q ON q.column_no = floor(p.x / side) + i.i AND q.row_no = floor(p.y / side) + j.j
		), foot AS (
			SELECT p.no AS place, e.no AS edge, f.share,
				sqrt((p.x - e.x1 - e.dx * f.share) ^ 2 + (p.y - e.y1 - e.dy * f.share) ^ 2) * 111195 AS metres,
				p.x, p.y, e.x1 + e.dx * f.share AS foot_x, e.y1 + e.dy * f.share AS foot_y
			FROM near n JOIN place p ON p.no = n.place JOIN edge e ON e.no = n.edge
			CROSS JOIN LATERAL (SELECT greatest(0, least(1, ((p.x - e.x1) * e.dx + (p.y - e.y1) * e.dy) / (e.dx ^ 2 + e.dy ^ 2))) AS share) f
		), nearest AS (
			SELECT DISTINCT ON (f.place) f.place, f.edge, f.share, f.metres FROM foot f
			WHERE f.metres <= reach AND (net.blocked IS NULL OR NOT ST_Intersects(net.blocked,
				ST_SetSRID(ST_MakeLine(ST_MakePoint(f.x / net.squeeze, f.y), ST_MakePoint(f.foot_x / net.squeeze, f.foot_y)), 4326)))
			ORDER BY f.place, f.metres, f.edge
		)
		SELECT array_agg(n.place), array_agg(n.edge), array_agg(n.share), array_agg(n.metres)
		INTO found_place, found_edge, found_share, found_m FROM nearest n;
		RETURN QUERY SELECT * FROM unnest(found_place, found_edge, found_share, found_m);
		left_over := ARRAY(SELECT unnest(left_over) EXCEPT SELECT unnest(found_place) ORDER BY 1);
	END LOOP;
END
$$;
COMMENT ON FUNCTION rui._travel_feet(rui.travel_net, geometry[], double precision) IS
'Internal: the nearest piece of street to each of some places, at most access metres away with nothing of `blocked` between; where along it (0 to 1) and how far it is.';

CREATE FUNCTION rui._travel_ties(net rui.travel_net, places geometry[], first_no integer, access double precision)
RETURNS TABLE (edge_no integer, node_a bigint, node_b bigint, metres double precision, x1 double precision, y1 double precision,
	x2 double precision, y2 double precision)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100
SET search_path FROM CURRENT SET jit = off
AS $$
BEGIN
	RETURN QUERY
	WITH foot AS MATERIALIZED (
		SELECT f.place_no, f.edge_no, f.share, f.foot_m FROM rui._travel_feet(net, places, access) f
	), touched AS MATERIALIZED (
		SELECT t.edge_no, net.node_a[t.edge_no] AS a, net.node_b[t.edge_no] AS b, net.metres[t.edge_no] AS metres, net.x1[t.edge_no] AS x1,
			net.y1[t.edge_no] AS y1, net.x2[t.edge_no] AS x2, net.y2[t.edge_no] AS y2
		FROM (SELECT DISTINCT f.edge_no FROM foot f) t
	), mark AS MATERIALIZED (
		-- Where feet of places, and the ends, lie along each street touched.
		SELECT m.edge_no, m.share, CASE m.share WHEN 0 THEN t.a WHEN 1 THEN t.b
			ELSE net.top_node + row_number() OVER (ORDER BY m.share IN (0, 1), m.edge_no, m.share) END AS node,
			t.x1 + (t.x2 - t.x1) * m.share AS x, t.y1 + (t.y2 - t.y1) * m.share AS y, t.metres
		FROM (SELECT f.edge_no, f.share FROM foot f UNION SELECT t.edge_no, s.share FROM touched t CROSS JOIN (VALUES (0::double precision), (1)) AS s(share)) m
		JOIN touched t ON t.edge_no = m.edge_no
	), chain AS (
		SELECT m.edge_no, m.node AS a, lead(m.node) OVER w AS b, (lead(m.share) OVER w - m.share) * m.metres AS metres, m.x AS x1, m.y AS y1,
			lead(m.x) OVER w AS x2, lead(m.y) OVER w AS y2
		FROM mark m WINDOW w AS (PARTITION BY m.edge_no ORDER BY m.share)
	)
	SELECT c.edge_no, c.a, c.b, c.metres, c.x1, c.y1, c.x2, c.y2 FROM chain c WHERE c.b IS NOT NULL
	UNION ALL
	SELECT NULL, -(first_no + f.place_no - 1)::bigint, m.node, f.foot_m, ST_X(places[f.place_no]), ST_Y(places[f.place_no]), m.x, m.y
	FROM foot f JOIN mark m ON m.edge_no = f.edge_no AND m.share = f.share;
END
$$;
COMMENT ON FUNCTION rui._travel_ties(rui.travel_net, geometry[], integer, double precision) IS
'Internal: edges that tie some places to a net: each to the nearest street at most access metres away that nothing keeps it from (edge_no null, node_a = -first_no for the first place, one less for each further one), and the pieces of the streets (edge_no of the net) between the points where they meet.';

CREATE FUNCTION rui._draw_travel(project_id bigint, terms jsonb) RETURNS rui.travel_net
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT SET enable_nestloop = off SET jit = off
AS $$
DECLARE
	net rui.travel_net;
	frame geometry;
	gap CONSTANT double precision := terms ->> 'gap';
	access CONSTANT double precision := terms ->> 'access';
BEGIN
	net.project_id := project_id;
	net.is_stale := false;
	net.version := 0;
	SELECT ST_Expand(ST_Envelope(ST_Collect(ST_Envelope(p.shape))), 0.005), coalesce(array_agg(p.shape ORDER BY ST_X(p.shape), ST_Y(p.shape)) FILTER (WHERE p.is_stop), '{}')
	INTO frame, net.stops
	FROM (SELECT ST_Envelope(s.line) AS shape, false AS is_stop FROM rui.street s WHERE s.project_id = _draw_travel.project_id AND NOT s.is_closed
		UNION SELECT b.entrance, true FROM rui.building b WHERE b.project_id = _draw_travel.project_id) p;
	net.squeeze := greatest(cos(radians((ST_YMin(frame) + ST_YMax(frame)) / 2)), 0.01);
	SELECT l.line INTO net.blocked FROM rui._barrier_lines(project_id, frame, net.squeeze, gap) l WHERE l.permeability = 0;

	-- Streets, cut to both sides of what blocks them.
	WITH raw AS MATERIALIZED (
		SELECT e.x1, e.y1, e.x2, e.y2, ST_SetSRID(ST_MakeLine(ST_MakePoint(e.x1, e.y1), ST_MakePoint(e.x2, e.y2)), 4326) AS line
		FROM rui._street_net(_draw_travel.project_id, frame, NULL, net.squeeze, 1e9) e
	), judged AS MATERIALIZED (
		SELECT r.*, net.blocked IS NOT NULL AND net.blocked && r.line AND ST_Intersects(net.blocked, r.line) AS is_cut FROM raw r
	), piece AS MATERIALIZED (
		SELECT j.x1, j.y1, j.x2, j.y2 FROM judged j WHERE NOT j.is_cut
		UNION
		SELECT ST_X(v.a), ST_Y(v.a), ST_X(v.b), ST_Y(v.b)
		FROM judged j
		CROSS JOIN LATERAL ST_DumpSegments(ST_SnapToGrid(ST_Difference(j.line,
			ST_Buffer(ST_Intersection(net.blocked, ST_Expand(ST_Envelope(j.line), 1e-6)), 5e-7)), 1e-8)) d
		CROSS JOIN LATERAL (SELECT ST_StartPoint(d.geom), ST_EndPoint(d.geom)) AS v(a, b)
		WHERE j.is_cut
	), node AS MATERIALIZED (
		SELECT row_number() OVER (ORDER BY v.x, v.y) AS node, v.x, v.y
		FROM (SELECT p.x1 AS x, p.y1 AS y FROM piece p UNION SELECT p.x2, p.y2 FROM piece p) v
	), edge AS (
		SELECT a.node AS a, b.node AS b, sqrt(((p.x1 - p.x2) * net.squeeze) ^ 2 + (p.y1 - p.y2) ^ 2) * 111195 AS metres, p.x1, p.y1, p.x2, p.y2
		FROM piece p JOIN node a ON a.x = p.x1 AND a.y = p.y1 JOIN node b ON b.x = p.x2 AND b.y = p.y2
		WHERE a.node <> b.node
	)
	SELECT coalesce(array_agg(e.a ORDER BY e.a, e.b), '{}'), array_agg(e.b ORDER BY e.a, e.b), array_agg(e.metres ORDER BY e.a, e.b),
		array_agg(e.x1 ORDER BY e.a, e.b), array_agg(e.y1 ORDER BY e.a, e.b), array_agg(e.x2 ORDER BY e.a, e.b),
		array_agg(e.y2 ORDER BY e.a, e.b), (SELECT count(*) FROM node)
	INTO net.node_a, net.node_b, net.metres, net.x1, net.y1, net.x2, net.y2, net.top_node
	FROM edge e;

	-- Entrances: the streets that they are tied to are in pieces then.
	WITH tie AS MATERIALIZED (
		SELECT t.* FROM rui._travel_ties(net, net.stops, 1, access) t
	), edge AS (
		SELECT e.a, e.b, e.metres, e.x1, e.y1, e.x2, e.y2
		FROM unnest(net.node_a, net.node_b, net.metres, net.x1, net.y1, net.x2, net.y2) WITH ORDINALITY AS e(a, b, metres, x1, y1, x2, y2, no)
		WHERE NOT EXISTS (SELECT FROM tie t WHERE t.edge_no = e.no)
		UNION ALL
		SELECT t.node_a, t.node_b, t.metres, t.x1, t.y1, t.x2, t.y2 FROM tie t
	)
	SELECT coalesce(array_agg(e.a ORDER BY e.a, e.b), '{}'), array_agg(e.b ORDER BY e.a, e.b), array_agg(e.metres ORDER BY e.a, e.b),
		array_agg(e.x1 ORDER BY e.a, e.b), array_agg(e.y1 ORDER BY e.a, e.b), array_agg(e.x2 ORDER BY e.a, e.b),
		array_agg(e.y2 ORDER BY e.a, e.b), coalesce(max(greatest(e.a, e.b)), 0)
	INTO net.node_a, net.node_b, net.metres, net.x1, net.y1, net.x2, net.y2, net.top_node
	FROM edge e;
	RETURN net;
END
$$;
COMMENT ON FUNCTION rui._draw_travel(bigint, jsonb) IS
'Internal: the net of a project, drawn from its open streets, barriers, passages and entrances as they are now; version 0.';

CREATE FUNCTION rui._walk_lengths(net rui.travel_net, from_places geometry[], to_places geometry[], access double precision) RETURNS double precision[]
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT SET enable_nestloop = off SET jit = off
AS $$
DECLARE
	others geometry[];
	sources bigint[];
	targets bigint[];
BEGIN
	-- Places that are not entrances are tied to the net for this once.
	SELECT coalesce(array_agg(p.place ORDER BY p.place), '{}') INTO others
	FROM (SELECT unnest(from_places || to_places) AS place EXCEPT SELECT unnest(net.stops)) p;
	WITH node AS MATERIALIZED (
		SELECT s.place, -s.no AS node FROM unnest(net.stops || others) WITH ORDINALITY AS s(place, no)
	)
	SELECT (SELECT array_agg(n.node ORDER BY p.no) FROM unnest(from_places) WITH ORDINALITY AS p(place, no) JOIN node n ON n.place = p.place),
		(SELECT array_agg(n.node ORDER BY p.no) FROM unnest(to_places) WITH ORDINALITY AS p(place, no) JOIN node n ON n.place = p.place)
	INTO sources, targets;
	RETURN (
		SELECT rui.distances(e.a, e.b, e.metres, sources, targets) FROM (
			SELECT e.a, e.b, e.metres FROM unnest(net.node_a, net.node_b, net.metres) AS e(a, b, metres)
			UNION ALL
			SELECT t.node_a, t.node_b, t.metres FROM rui._travel_ties(net, others, cardinality(net.stops) + 1, access) t
			WHERE others <> '{}'
			UNION ALL
			-- A net may have no edge at all.
			SELECT sources[1], sources[1], 0) e);
END
$$;
COMMENT ON FUNCTION rui._walk_lengths(rui.travel_net, geometry[], geometry[], double precision) IS
'Internal: the lengths of the ways along the streets of a net from each of some places to each of others, as rui.distances gives them; Infinity where no way leads. Each place is given once.';

CREATE FUNCTION rui._keep_travel(project_id bigint, places geometry[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	terms CONSTANT jsonb := rui._travel_terms(project_id);
	most CONSTANT integer := terms ->> 'trees';
	net rui.travel_net;
	missing geometry[];
BEGIN
	IF current_setting('transaction_read_only')::boolean
		OR NOT rui._has_streets(project_id) THEN
		RETURN;
	END IF;
	IF NOT EXISTS (SELECT FROM rui.travel_net n WHERE n.project_id = _keep_travel.project_id AND NOT n.is_stale) THEN
		IF NOT EXISTS (SELECT FROM rui.travel_net n WHERE n.project_id = _keep_travel.project_id) THEN
			INSERT INTO rui.travel_net (project_id) VALUES (project_id) ON CONFLICT DO NOTHING;
		END IF;
		-- Whoever draws it this moment, or changes streets, is not waited for: he may want what the caller holds.
		PERFORM FROM rui.travel_net n WHERE n.project_id = _keep_travel.project_id FOR NO KEY UPDATE SKIP LOCKED;
		IF NOT FOUND THEN
			RETURN;
		END IF;
		IF EXISTS (SELECT FROM rui.travel_net n WHERE n.project_id = _keep_travel.project_id AND n.is_stale) THEN
			net := rui._draw_travel(project_id, terms);
			DELETE FROM rui.travel_tree t WHERE t.project_id = _keep_travel.project_id;
			UPDATE rui.travel_net n SET is_stale = false, version = n.version + 1, built_at = now(), squeeze = net.squeeze, node_a = net.node_a,
				node_b = net.node_b, metres = net.metres, x1 = net.x1, y1 = net.y1, x2 = net.x2, y2 = net.y2, top_node = net.top_node,
				stops = net.stops, blocked = net.blocked
			WHERE n.project_id = _keep_travel.project_id;
		END IF;
	END IF;
	SELECT n.* INTO net FROM rui.travel_net n WHERE n.project_id = _keep_travel.project_id;
	missing := ARRAY(
		SELECT p.place FROM (SELECT DISTINCT unnest(places) AS place) p
		WHERE p.place IS NOT NULL AND NOT EXISTS (SELECT FROM rui.travel_tree t
			WHERE t.project_id = _keep_travel.project_id AND t.place = p.place AND t.version = net.version)
		ORDER BY p.place
		LIMIT most);
	IF missing <> '{}' AND net.stops <> '{}' THEN
		-- One keeps at a time; who comes beside him finds his ways without.
		PERFORM FROM rui.travel_net n WHERE n.project_id = _keep_travel.project_id FOR NO KEY UPDATE SKIP LOCKED;
		IF NOT FOUND THEN
			RETURN;
		END IF;
		DELETE FROM rui.travel_tree d USING (
			SELECT t.place FROM rui.travel_tree t
			WHERE t.project_id = _keep_travel.project_id AND NOT t.place = ANY (missing)
			ORDER BY t.kept_at DESC, t.place
			OFFSET most - cardinality(missing)) o
		WHERE d.project_id = _keep_travel.project_id AND d.place = o.place;
		INSERT INTO rui.travel_tree AS k (project_id, place, version, metres)
		SELECT _keep_travel.project_id, missing[l.no], net.version, l.metres
		FROM (SELECT (u.no - 1) / cardinality(net.stops) + 1 AS no, array_agg(u.metres ORDER BY u.no) AS metres
			FROM unnest(rui._walk_lengths(net, missing, net.stops, (terms ->> 'access')::double precision)) WITH ORDINALITY AS u(metres, no)
			GROUP BY 1) l
		ON CONFLICT ON CONSTRAINT travel_tree_pkey DO UPDATE SET version = EXCLUDED.version, metres = EXCLUDED.metres, kept_at = EXCLUDED.kept_at;
	END IF;
END
$$;
COMMENT ON FUNCTION rui._keep_travel(bigint, geometry[]) IS
'Internal: draws the net of a project again where it is stale, and keeps the ways from some places to all entrances that it does not know yet; the oldest make room where they are more than the term trees allows. Nothing where somebody else does this moment, in a transaction that only reads, or in a project without streets.';

CREATE FUNCTION rui._walks(project_id bigint, from_places geometry[], to_places geometry[])
RETURNS TABLE (from_no integer, to_no integer, metres double precision)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 1000
SET search_path FROM CURRENT SET enable_nestloop = off SET jit = off
AS $$
DECLARE
	terms CONSTANT jsonb := rui._travel_terms(project_id);
	factor CONSTANT double precision := terms ->> 'factor';
	rough CONSTANT double precision := terms ->> 'rough';
	direct CONSTANT double precision := terms ->> 'direct';
	kept CONSTANT boolean := EXISTS (SELECT FROM rui.travel_net n WHERE n.project_id = _walks.project_id AND NOT n.is_stale);
	net rui.travel_net;
	sources geometry[];
	targets geometry[];
	lengths double precision[];
BEGIN
	IF NOT rui._has_streets(project_id) THEN
		RETURN QUERY
		SELECT f.no::integer, t.no::integer, ST_DistanceSphere(f.place, t.place) * factor
		FROM unnest(from_places) WITH ORDINALITY AS f(place, no) CROSS JOIN unnest(to_places) WITH ORDINALITY AS t(place, no)
		WHERE f.place IS NOT NULL AND t.place IS NOT NULL;
		RETURN;
	END IF;
	-- Of a net that is kept no more than the stops, while trees know the rest.
	IF kept THEN
		SELECT n.version, n.stops, n.blocked INTO net.version, net.stops, net.blocked FROM rui.travel_net n WHERE n.project_id = _walks.project_id;
	ELSE
		net := rui._draw_travel(project_id, terms);
	END IF;
	-- What no tree knows is searched: the ways from places without one, and
	-- all ways to places that are not entrances.
	targets := ARRAY(SELECT DISTINCT p.place FROM unnest(to_places) AS p(place) WHERE p.place IS NOT NULL ORDER BY 1);
	sources := ARRAY(
		SELECT DISTINCT p.place FROM unnest(from_places) AS p(place)
		WHERE p.place IS NOT NULL AND (EXISTS (SELECT unnest(targets) EXCEPT SELECT unnest(net.stops))
			OR NOT EXISTS (SELECT FROM rui.travel_tree t WHERE t.project_id = _walks.project_id AND t.place = p.place AND t.version = net.version))
		ORDER BY 1);
	IF sources <> '{}' AND targets <> '{}' THEN
		IF kept THEN
			SELECT n.* INTO net FROM rui.travel_net n WHERE n.project_id = _walks.project_id;
		END IF;
		lengths := rui._walk_lengths(net, sources, targets, (terms ->> 'access')::double precision);
	END IF;
	RETURN QUERY
	WITH source AS MATERIALIZED (
		SELECT s.place, s.no::integer AS no FROM unnest(sources) WITH ORDINALITY AS s(place, no)
	), target AS MATERIALIZED (
		SELECT s.place, s.no::integer AS no FROM unnest(targets) WITH ORDINALITY AS s(place, no)
	), wanted AS MATERIALIZED (
		SELECT array_agg(coalesce(s.no, 0)::integer ORDER BY g.no) AS stops
		FROM target g LEFT JOIN unnest(net.stops) WITH ORDINALITY AS s(place, no) ON s.place = g.place
	), tree AS MATERIALIZED (
		SELECT t.place, rui._elements(t.metres, w.stops) AS metres FROM rui.travel_tree t CROSS JOIN wanted w
		WHERE t.project_id = _walks.project_id AND t.version = net.version AND t.place = ANY (from_places) AND NOT t.place = ANY (sources)
	), start AS MATERIALIZED (
		SELECT f.no::integer AS no, f.place, s.no AS row_no, t.metres
		FROM unnest(from_places) WITH ORDINALITY AS f(place, no) LEFT JOIN source s ON s.place = f.place LEFT JOIN tree t ON t.place = f.place
		WHERE f.place IS NOT NULL
	), goal AS MATERIALIZED (
		SELECT t.no::integer AS no, t.place, g.no AS column_no FROM unnest(to_places) WITH ORDINALITY AS t(place, no) JOIN target g ON g.place = t.place
	), pair AS (
		SELECT f.no AS from_no, g.no AS to_no, f.place AS from_place, g.place AS to_place, ST_DistanceSphere(f.place, g.place) AS straight,
			CASE WHEN f.row_no IS NOT NULL THEN lengths[f.row_no][g.column_no] ELSE f.metres[g.column_no] END AS metres
		FROM start f CROSS JOIN goal g
	)
	SELECT p.from_no, p.to_no, least(CASE WHEN p.metres < 'Infinity' THEN greatest(p.metres, p.straight) ELSE p.straight * rough END,
		CASE WHEN p.straight <= direct AND (net.blocked IS NULL OR NOT ST_Intersects(net.blocked, ST_MakeLine(p.from_place, p.to_place)))
			THEN p.straight * factor END)
	FROM pair p;
END
$$;
COMMENT ON FUNCTION rui._walks(bigint, geometry[], geometry[]) IS
'Internal: how far one walks from each of some places to each of others (points, SRID 4326; null: none), in metres, by their positions in the two arrays: along the open streets, over open ground where that is shorter and not farther than `direct`, `rough` times the straight line where no street leads, and `factor` times the straight line in a project without streets. Reads what rui._keep_travel has kept, and finds what it has not.';

CREATE FUNCTION rui._climb_seconds(storeys integer, has_lift boolean, terms jsonb) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	by_stairs CONSTANT double precision := storeys * (terms ->> 'stairs')::double precision;
BEGIN
	RETURN CASE WHEN storeys = 0 OR NOT has_lift THEN by_stairs
		ELSE least(by_stairs, (terms ->> 'lift_wait')::double precision + storeys * (terms ->> 'lift')::double precision) END;
END
$$;
COMMENT ON FUNCTION rui._climb_seconds(integer, boolean, jsonb) IS
'Internal: seconds to go up or down so many storeys (0 or more) on the stairs or, where there is a lift and that is faster, in it.';

CREATE FUNCTION rui._storeys(project_id bigint, unit_ids bigint[])
RETURNS TABLE (unit_id bigint, building_id bigint, entrance geometry, storey integer, has_lift boolean)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN QUERY
	SELECT u.id, u.building_id, b.entrance::geometry, CASE WHEN u.floor_no > 0 THEN u.floor_no - 1 ELSE coalesce(u.floor_no, 0) END,
		EXISTS (SELECT FROM rui.space s WHERE s.project_id = u.project_id AND s.building_id = u.building_id AND s.kind = 'lift')
	FROM rui.unit u JOIN rui.building b ON b.project_id = u.project_id AND b.id = u.building_id
	WHERE u.project_id = _storeys.project_id AND u.id = ANY (unit_ids);
END
$$;
COMMENT ON FUNCTION rui._storeys(bigint, bigint[]) IS
'Internal: the building of each of some units, its entrance, how many storeys above (below 0: under) the ground floor the unit lies, floor 1 and an unknown floor being the ground floor, and whether the building has a lift: a space of that kind.';

CREATE FUNCTION rui._walks_to_tasks(project_id bigint, party_ids bigint[], places geometry[], task_ids bigint[])
RETURNS TABLE (party_id bigint, task_id bigint, metres double precision, seconds double precision)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 1000
SET search_path FROM CURRENT SET enable_nestloop = off SET jit = off
AS $$
DECLARE
	terms CONSTANT jsonb := rui._travel_terms(project_id);
	speed CONSTANT double precision := terms ->> 'speed';
	goals geometry[];
	goal_tasks bigint[];
	climbs double precision[];
BEGIN
	SELECT array_agg(t.place::geometry ORDER BY t.id), array_agg(t.id ORDER BY t.id),
		array_agg(coalesce(rui._climb_seconds(abs(s.storey), s.has_lift, terms), 0) ORDER BY t.id)
	INTO goals, goal_tasks, climbs
	FROM rui.task t
	LEFT JOIN rui._storeys(_walks_to_tasks.project_id, ARRAY(SELECT DISTINCT k.unit_id FROM rui.task k
		WHERE k.project_id = _walks_to_tasks.project_id AND k.id = ANY (task_ids) AND k.unit_id IS NOT NULL)) s ON s.unit_id = t.unit_id
	WHERE t.project_id = _walks_to_tasks.project_id AND t.id = ANY (task_ids) AND t.place IS NOT NULL;
	RETURN QUERY
	SELECT party_ids[w.from_no], goal_tasks[w.to_no], w.metres, w.metres / speed + climbs[w.to_no]
	FROM rui._walks(_walks_to_tasks.project_id, places, goals) w;
END
$$;
COMMENT ON FUNCTION rui._walks_to_tasks(bigint, bigint[], geometry[], bigint[]) IS
'Internal: how far it is from where each of some people is (places, in the order of party_ids; null: not known) to each of some tasks, in metres, and how many seconds it takes, up or down to the storey of the task''s unit included. No row for people and tasks without a place. For dispatch to join.';

CREATE FUNCTION rui.walk_seconds(project_id bigint, from_place geometry, to_place geometry, from_unit bigint DEFAULT NULL,
	to_unit bigint DEFAULT NULL) RETURNS double precision
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE COST 10000
SET search_path FROM CURRENT
AS $$
DECLARE
	terms CONSTANT jsonb := rui._travel_terms(project_id);
	leaving record;
	going record;
	length double precision;
BEGIN
	PERFORM rui.require_permission(project_id, 'see_walks');
	PERFORM rui._check_point(p.place) FROM unnest(ARRAY[from_place, to_place]) AS p(place) WHERE p.place IS NOT NULL;
	IF from_place IS NULL AND from_unit IS NULL OR to_place IS NULL AND to_unit IS NULL THEN
		PERFORM rui._missing(CASE WHEN from_place IS NULL AND from_unit IS NULL THEN 'from_place' ELSE 'to_place' END);
	END IF;
	SELECT s.* INTO leaving FROM rui._storeys(project_id, ARRAY[from_unit]) s;
	IF from_unit IS NOT NULL AND leaving.unit_id IS NULL THEN
		PERFORM rui._unknown('unit', from_unit, project_id);
	END IF;
	SELECT s.* INTO going FROM rui._storeys(project_id, ARRAY[to_unit]) s;
	IF to_unit IS NOT NULL AND going.unit_id IS NULL THEN
		PERFORM rui._unknown('unit', to_unit, project_id);
	END IF;
	IF leaving.building_id = going.building_id AND from_place IS NULL AND to_place IS NULL THEN
		RETURN rui._climb_seconds(abs(leaving.storey - going.storey), leaving.has_lift, terms);
	END IF;
	PERFORM rui._keep_travel(project_id, ARRAY[coalesce(from_place, leaving.entrance)]);
	SELECT w.metres INTO length
	FROM rui._walks(project_id, ARRAY[coalesce(from_place, leaving.entrance)], ARRAY[coalesce(to_place, going.entrance)]) w;
	RETURN length / (terms ->> 'speed')::double precision + coalesce(rui._climb_seconds(abs(leaving.storey), leaving.has_lift, terms), 0)
		+ coalesce(rui._climb_seconds(abs(going.storey), going.has_lift, terms), 0);
END
$$;
COMMENT ON FUNCTION rui.walk_seconds(bigint, geometry, geometry, bigint, bigint) IS
'How many seconds it takes to walk from one place to another in a project (points, WGS 84 with SRID 4326), along its open streets and past its barriers; with units, also down from the storey of from_unit and up to that of to_unit, by stairs or lift. A place may be null where its unit is given: the entrance of the unit''s building. Between units of one building only the storeys count. rui.travel_term has the numbers. The net of streets is kept and drawn again after a change of streets, barriers, passages or buildings. Needs permission see_walks. Errors: 22004, 22023 not a point in WGS 84, 22003 outside of the earth, P0002 unknown unit, 42501.';
