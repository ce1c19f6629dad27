-- Three tables alike: watched by the journal, by a PL/pgSQL trigger as one
-- finds it in many applications (a row of JSON per changed row), and by
-- nothing.
SELECT rui.create_company('bench', 'Bench', 'Director') AS company \gset
SELECT id AS director FROM rui.party WHERE company_id = :company \gset
BEGIN;
SELECT set_config('rui.party_id', :'director', true) \gset hidden_
SELECT rui.create_project(:company, 'bench', 'Bench') \g /dev/null
COMMIT;
CREATE SCHEMA bench;
CREATE TABLE bench.platform AS SELECT :director AS party_id;
SET ROLE rui_owner;
CREATE TABLE rui.bench_ours (
	project_id bigint NOT NULL,
	id bigint NOT NULL,
	kind text NOT NULL,
	details text,
	amount numeric(18,2) NOT NULL,
	due_at timestamptz NOT NULL,
	due_on date NOT NULL,
	is_open boolean NOT NULL,
	level integer NOT NULL,
	weight double precision NOT NULL,
	PRIMARY KEY (project_id, id));
SELECT rui._journal_table('bench_ours'), rui._store_layout('bench_ours') \g /dev/null
RESET ROLE;
CREATE TABLE bench.plain (LIKE rui.bench_ours INCLUDING ALL);
CREATE TABLE bench.audited (LIKE rui.bench_ours INCLUDING ALL);
CREATE TABLE bench.audit (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	at timestamptz NOT NULL,
	transaction_id bigint NOT NULL,
	party text,
	login name NOT NULL,
	table_name text NOT NULL,
	operation text NOT NULL,
	old_row jsonb,
	new_row jsonb);
CREATE INDEX ON bench.audit (table_name, at);
CREATE FUNCTION bench.audit_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO bench.audit (at, transaction_id, party, login, table_name, operation, old_row, new_row)
	VALUES (now(), txid_current(), current_setting('rui.party_id', true), session_user, TG_TABLE_NAME, TG_OP,
		CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END);
	RETURN NULL;
END
$$;
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON bench.audited FOR EACH ROW EXECUTE FUNCTION bench.audit_row();
CREATE TABLE bench.source AS
SELECT 1::bigint AS project_id, n AS id, (ARRAY['repair', 'clean', 'guard', 'visit'])[1 + n % 4] AS kind,
	'What is to be done at place ' || n || ', and by whom' AS details, (n % 10000) / 100.0 AS amount,
	timestamptz '2026-01-01 00:00+00' + n * interval '1 minute' AS due_at, date '2026-01-01' + (n % 365)::integer AS due_on,
	n % 3 = 0 AS is_open, (n % 100)::integer AS level, n / 7.0::double precision AS weight
FROM generate_series(1, :rows::bigint) n;
VACUUM ANALYZE;
