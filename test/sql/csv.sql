-- Comma-separated values: reading, writing, guarding, and their errors.
SELECT * FROM rui.read_csv(E'code,name\r\nA-1,"Lift ""A"", 2\nnorth"\r\n,""\r\n');
SELECT * FROM rui.read_csv(E'\uFEFFcode;名称\n1;一号楼\n\n2;"=1;2"', ';');
SELECT count(*) FROM rui.read_csv('');
SELECT count(*) FROM rui.read_csv(E'a,b\n');
SELECT * FROM rui.read_csv(NULL);
-- Keys of one object are in the order of JSON, values are texts.
SELECT item FROM rui.read_csv(E'bb,a,ccc\n1,true,null\n');

-- What is wrong is said with its place.
SELECT * FROM rui.read_csv(E'a,b\n1,"2\n3,4\n');
SELECT * FROM rui.read_csv(E'a,b\n一"二",2\n');
SELECT * FROM rui.read_csv(E'a,b\n"1"2,3\n');
SELECT * FROM rui.read_csv(E'a,b\n1,2,3\n');
SELECT * FROM rui.read_csv(E'a,,b\n');
SELECT * FROM rui.read_csv(E'a,b,a\n');
SELECT * FROM rui.read_csv('a', '');
SELECT * FROM rui.read_csv('a', '"');
SELECT * FROM rui.read_csv(repeat(',', 1600));
SELECT rui.csv_line('{{a},{b}}');
SELECT rui.csv_line('{a}', 'x');


SELECT rui.csv_line(ARRAY['a', NULL, '', 'b,c', 'd"e', E'f\ng', ' h', 'i;j']);
SELECT rui.csv_line(ARRAY['b,c', 'i;j', '一'], ';');
SELECT rui.csv_line('{}') = '' AS empty, rui.csv_line(NULL) IS NULL AS nothing;

-- Guarding is undone exactly.
SELECT v.value, rui.csv_guard(v.value), rui.csv_unguard(rui.csv_guard(v.value)) = v.value AS same
FROM unnest(ARRAY['=1+1', '+86 1', '-5', '@x', '''=1', '''''-1', '''x', 'a=1', '', '＝1', '''']) AS v(value);
SELECT rui.csv_guard(E'\t1') = E'''\t1' AS tab, rui.csv_guard(E'\n1') = E'''\n1' AS line_end, rui.csv_unguard('''x'), rui.csv_unguard('''=');

-- Any records come back as they were.
WITH record AS (
	SELECT n, ARRAY(SELECT CASE (n * 7 + k * 13) % 11 WHEN 0 THEN NULL WHEN 1 THEN '' ELSE
		substr(E'a",;\n\r |''=一二三\t', (n * k) % 12 + 1, (n + k) % 5) END FROM generate_series(1, 4) AS k) AS fields
	FROM generate_series(1, 2000) AS n
), written AS (
	SELECT s.separator, string_agg(rui.csv_line(r.fields, s.separator), E'\r\n' ORDER BY r.n) AS content
	FROM record r CROSS JOIN (VALUES (','), (';'), (E'\t'), ('|')) AS s(separator) GROUP BY s.separator
)
SELECT replace(w.separator, E'\t', 'tab') AS separator, count(*), count(*) FILTER (WHERE
	ARRAY[c.item ->> 'a', c.item ->> 'b', c.item ->> 'c', c.item ->> 'd'] IS DISTINCT FROM r.fields) AS otherwise
FROM written w
CROSS JOIN LATERAL rui.read_csv(rui.csv_line('{a,b,c,d}', w.separator) || E'\n' || w.content, w.separator) c
LEFT JOIN record r ON r.n = c.row_no
GROUP BY w.separator ORDER BY w.separator COLLATE "C";
