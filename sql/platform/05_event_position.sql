-- Events in order, for whoever follows them. Writers take no order lock: a
-- committed event waits until somebody numbers it, under the project's row of
-- rui.event_head; so positions have no gaps, and none is filled later behind
-- a reader who has passed it.

CREATE TABLE rui.event_waiting (
	project_id bigint NOT NULL,
	event_id bigint NOT NULL,
	at timestamptz NOT NULL,
	PRIMARY KEY (project_id, event_id)
);

CREATE TABLE rui.event_head (
	project_id bigint PRIMARY KEY,
	last_seq bigint NOT NULL DEFAULT 0 CHECK (last_seq >= 0),
	keep interval NOT NULL DEFAULT '720:00:00' CHECK (keep > interval '0'),
	keep_unread interval NOT NULL DEFAULT '8760:00:00' CHECK (keep_unread >= keep)
) WITH (fillfactor = 50);

CREATE TABLE rui.event_seq (
	project_id bigint NOT NULL,
	seq bigint NOT NULL CHECK (seq > 0),
	event_id bigint NOT NULL,
	at timestamptz NOT NULL,
	numbered_at timestamptz NOT NULL,
	PRIMARY KEY (project_id, seq),
	CONSTRAINT event_seq_once UNIQUE (project_id, event_id)
);

CREATE TABLE rui.event_consumer (
	project_id bigint NOT NULL,
	name text NOT NULL CHECK (name ~ '^[a-z][a-z0-9_]{0,59}$'),
	kinds text[] CHECK (cardinality(kinds) BETWEEN 1 AND 100),
	acked_seq bigint NOT NULL,
	delivered_seq bigint NOT NULL,
	taken_seq bigint NOT NULL,
	lease_until timestamptz,
	registered_at timestamptz NOT NULL,
	warned_at timestamptz,
	lapsed_at timestamptz,
	PRIMARY KEY (project_id, name),
	CHECK (0 <= acked_seq AND acked_seq <= delivered_seq AND delivered_seq <= taken_seq)
) WITH (fillfactor = 50);

PERFORM rui._describe('event_waiting', 'Events that have no position yet.', 'event_id: The event.', 'at: When it happened.');
PERFORM rui._describe('event_head', 'How far the events of a project are numbered, and how long their positions are kept.',
	'last_seq: The last position given.',
	'keep: How long positions are kept that all consumers have read.',
	'keep_unread: How long positions are kept for a consumer that does not read them.');
PERFORM rui._describe('event_seq', 'The position of each event in its project: 1, 2, 3 … without gaps, never changed.',
	'seq: The position.', 'event_id: The event.', 'at: When it happened.', 'numbered_at: When it got its position.');
PERFORM rui._describe('event_consumer', 'Who follows the events of a project, and how far.',
	'name: Name of the consumer.',
	'kinds: The kinds it wants, such as ticket.open or ticket.*; null: all.',
	'acked_seq: It has done with all positions up to here.',
	'delivered_seq: The last position it was given.',
	'taken_seq: Where its cursor goes when that is acknowledged.',
	'lease_until: Until when what was given is nobody else''s; null: nothing is out.',
	'registered_at: When it began.',
	'warned_at: When it was last told that it is far behind, or null.',
	'lapsed_at: When it was given up, having read nothing for too long; or null.');
PERFORM rui._declare_table('event_waiting', 'tenant', 'none');
PERFORM rui._declare_table('event_head', 'tenant', 'none');
PERFORM rui._declare_table('event_seq', 'tenant', 'none');
PERFORM rui._declare_table('event_consumer', 'tenant', 'none');
-- Not journaled: they move with every event.
GRANT INSERT, DELETE ON rui.event_waiting, rui.event_seq TO rui_api;
GRANT INSERT, UPDATE ON rui.event_head TO rui_api;
GRANT INSERT, UPDATE, DELETE ON rui.event_consumer TO rui_api;
PERFORM rui._allow_read(t.name, '{rui_manager,rui_expert,rui_auditor}', 'project_id = ANY ((SELECT rui.my_projects())::bigint[])')
FROM unnest('{event_head,event_seq,event_consumer}'::text[]) AS t(name);

CREATE FUNCTION rui._await_position() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	INSERT INTO rui.event_waiting (project_id, event_id, at) SELECT n.project_id, n.id, n.at FROM new_rows n
	-- Consumers follow projects.
	WHERE n.project_id > 0;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION rui._await_position() IS 'Statement trigger of rui.event: new events wait for their position.';
CREATE TRIGGER await_position AFTER INSERT ON rui.event REFERENCING NEW TABLE AS new_rows
	FOR EACH STATEMENT EXECUTE FUNCTION rui._await_position();

CREATE FUNCTION rui._number_events(project_id bigint, at timestamptz, waits boolean) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	most CONSTANT integer := 10000;
	reached bigint;
	step bigint;
	numbered bigint := 0;
BEGIN
	-- Looked for first: an INSERT would wait for who is numbering.
	IF NOT EXISTS (SELECT FROM rui.event_head h WHERE h.project_id = _number_events.project_id) THEN
		INSERT INTO rui.event_head (project_id) VALUES (project_id) ON CONFLICT ON CONSTRAINT event_head_pkey DO NOTHING;
	END IF;
	IF waits THEN
		SELECT h.last_seq INTO reached FROM rui.event_head h WHERE h.project_id = _number_events.project_id FOR NO KEY UPDATE;
	ELSE
		-- Somebody else is numbering: what he has not committed comes next time.
		SELECT h.last_seq INTO reached FROM rui.event_head h WHERE h.project_id = _number_events.project_id FOR NO KEY UPDATE SKIP LOCKED;
	END IF;
	IF reached IS NULL THEN
		RETURN 0;
	END IF;
	LOOP
		WITH ready AS (
			DELETE FROM rui.event_waiting w
			WHERE w.project_id = _number_events.project_id AND w.event_id = ANY (ARRAY(
				SELECT o.event_id FROM rui.event_waiting o WHERE o.project_id = _number_events.project_id ORDER BY o.event_id LIMIT most))
			RETURNING w.event_id, w.at)
		INSERT INTO rui.event_seq (project_id, seq, event_id, at, numbered_at)
		SELECT _number_events.project_id, reached + row_number() OVER (ORDER BY r.event_id), r.event_id, r.at, _number_events.at
		FROM ready r;
		GET DIAGNOSTICS step = ROW_COUNT;
		reached := reached + step;
		numbered := numbered + step;
		EXIT WHEN step < most;
	END LOOP;
	IF numbered > 0 THEN
		UPDATE rui.event_head h SET last_seq = reached WHERE h.project_id = _number_events.project_id;
	END IF;
	RETURN numbered;
END
$$;
COMMENT ON FUNCTION rui._number_events(bigint, timestamptz, boolean) IS
'Internal: gives all committed events of a project that have none their positions, by id; returns how many. Holds the project''s row of rui.event_head until the transaction ends; when another session holds it, waits or, with waits false, leaves it to that one.';

CREATE VIEW rui.event_stream WITH (security_invoker = true, security_barrier = true) AS
SELECT s.project_id, s.seq, e.id, e.at, e.kind, e.subject, e.subject_id, e.party_id, e.payload, e.recorded_at
FROM rui.event_seq s JOIN rui.event e ON e.project_id = s.project_id AND e.id = s.event_id AND e.at = s.at;
PERFORM rui._describe('event_stream', 'Events with their positions, as far as they are numbered and kept.',
	'seq: The position.', 'at: When it happened.', 'kind: What happened.', 'subject: What it happened to.',
	'subject_id: Id of the row it happened to.', 'payload: Further facts of the kind.');
GRANT SELECT ON rui.event_stream TO rui_manager, rui_expert, rui_auditor;

CREATE VIEW rui.event_consumer_board WITH (security_invoker = true, security_barrier = true) AS
SELECT c.project_id, c.name, c.kinds, c.acked_seq, h.last_seq, h.last_seq - c.acked_seq AS behind, u.numbered_at AS unread_since, c.lease_until,
	CASE WHEN c.lapsed_at IS NOT NULL THEN 'lapsed' WHEN u.numbered_at < now() - h.keep_unread / 2 THEN 'lagging'
		WHEN u.numbered_at IS NULL THEN 'idle' ELSE 'reading' END AS condition, u.numbered_at + h.keep_unread AS lapses_at
FROM rui.event_consumer c
JOIN rui.event_head h ON h.project_id = c.project_id
LEFT JOIN LATERAL (
	SELECT s.numbered_at FROM rui.event_seq s WHERE s.project_id = c.project_id AND s.seq > c.acked_seq ORDER BY s.seq LIMIT 1) u ON true;
PERFORM rui._describe('event_consumer_board', 'How far each consumer of events is, and which of them are about to lose some.',
	'name: Name of the consumer.', 'kinds: The kinds it wants; null: all.', 'acked_seq: It has done with all positions up to here.',
	'last_seq: The last position of the project.', 'behind: How many positions it has not read, those of other kinds included.',
	'unread_since: When the first of them was numbered; null when there is none.',
	'lease_until: Until when what it was given is nobody else''s.',
	'condition: idle: has read all; reading; lagging: more than half the time is over for which unread positions are kept; lapsed: given up.',
	'lapses_at: When it is given up if it reads nothing until then.');
GRANT SELECT ON rui.event_consumer_board TO rui_manager, rui_expert, rui_auditor;
PERFORM rui._name('event_condition', n.code, n.zh, n.en) FROM (VALUES ('idle', '已读完', 'idle'), ('reading', '读取中', 'reading'),
	('lagging', '严重滞后', 'lagging'), ('lapsed', '已失效', 'lapsed')) AS n(code, zh, en);
