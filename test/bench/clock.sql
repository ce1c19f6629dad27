-- What test/bench/clock measures: running clocks of one site.
CREATE SCHEMA bench;
CREATE TABLE bench.site AS
SELECT id, format('{"tz":"Asia/Shanghai","weekly":{"mon":%1$s,"tue":%1$s,"wed":%1$s,"thu":%1$s,"fri":%1$s},"holidays":[%2$s]}',
	'[["08:00","12:00"],["13:30","18:00"]]', holidays)::rui.calendar AS calendar
FROM (VALUES (1, '"2026-10-01","2026-10-02"'), (2, '"2026-10-01","2026-10-02","2026-10-05","2026-10-06","2026-10-07"')) v(id, holidays);
CREATE TABLE bench.clock (id bigint PRIMARY KEY, clock rui.sla_clock NOT NULL) WITH (fillfactor = 50);
