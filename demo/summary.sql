-- What came of it: the summary on the terminal, the report as a page.
BEGIN;
SELECT set_config('rui.party_id', :'loader', true) \gset hidden_
SELECT :'month_start'::timestamp AT TIME ZONE :'time_zone' AS report_from, :'month_end'::timestamp AT TIME ZONE :'time_zone' AS report_to \gset
\pset tuples_only on
\pset format unaligned
SELECT rui.report_summary(:project, :'report_from', :'report_to');
\if :{?report}
\o :report
SELECT rui.report_html(:project, :'report_from', :'report_to', at => :'report_to');
\o
\endif
COMMIT;
\pset tuples_only off
\pset format aligned
