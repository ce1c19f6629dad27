-- The whole platform at work on a community, by one psql session.
--
--   psql -v month_start=2025-03-01 -v month_end=2025-04-01 [-v seed=1]
--        [-v bills=3] [-v time_zone=Asia/Shanghai] [-v report=report.html]
--        [-v town_file=buildings.geojson -v needs_file=requests.csv] -f demo/main.sql
--
-- The session is a superuser's: it plays the DBA first, and the loader of the
-- project from then on. Everything goes through public functions.
\set ON_ERROR_STOP on
\pset footer off
SET client_min_messages = warning;
SET TimeZone = 'UTC';
\if :{?seed} \else \set seed 1 \endif
\if :{?time_zone} \else \set time_zone Asia/Shanghai \endif
SELECT set_config('demo.seed', :'seed', false) \gset hidden_

\if :{?town_file}
\set town_buildings `cat "$RUI_TOWN_FILE"`
\endif
\if :{?bills} \else \set bills 3 \endif
\if :{?town_name} \else \set town_name 'River Bend' \endif

\if :{?needs_file}
CREATE TEMP TABLE recorded_case (case_id text, opened_at timestamp, target_at timestamp, closed_at timestamp, on_time text,
	status text, subject text, reason text, type text, queue text, department text, closure_reason text, street text,
	zip text, neighborhood text, property_type text, property_id text, source text, lat text, lon text,
	placeholder_location text);
\copy recorded_case FROM PROGRAM 'gzip -dc "$RUI_NEEDS_FILE"' WITH (FORMAT csv, HEADER true)
\set capacity 1000
\set dispatch_every '1 hour'
\set tick_every '6 hours'
\set people owners
\ir recorded.sql
\else
\set capacity 6
\set dispatch_every '15 minutes'
\set tick_every '1 hour'
\set people all
\ir community.sql
\endif
\ir load.sql
\ir policies.sql
\ir money.sql
CALL pg_temp.bill_months(:project, :loader, :'month_start', :bills, :'time_zone');
\ir month.sql
\ir scores.sql
\ir summary.sql
