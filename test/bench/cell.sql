-- A million places with their cells, and squares to ask for, for test/bench/cell:
-- psql -v places=1000000 -v squares=2000.
SET client_min_messages = warning;
DROP TABLE IF EXISTS bench_place, bench_square;
CREATE TABLE bench_place AS
SELECT n AS id, p AS place, rui.cell(p, 30) AS cell
FROM generate_series(1, :places) AS n,
	LATERAL ST_Point(118.7 + (hashint8extended(n, 4) & 1048575) / 5242880.0, 32.0 + (hashint8extended(n, 5) & 1048575) / 5242880.0, 4326) AS p;
CREATE INDEX bench_place_cell ON bench_place (cell);
CREATE INDEX bench_place_place ON bench_place USING gist (place);
CREATE TABLE bench_square AS
SELECT n AS id, c AS square, rui.cell_boundary(c) AS boundary
FROM generate_series(1, :squares) AS n,
	LATERAL rui.cell(118.7 + (hashint8extended(n, 6) & 1048575) / 5242880.0, 32.0 + (hashint8extended(n, 7) & 1048575) / 5242880.0, 12 + n % 6) AS c;
VACUUM ANALYZE bench_place, bench_square;
