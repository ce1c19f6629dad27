-- Rubrics: texts, binary form, operators, scores, explanations.
SET search_path = pg_catalog, rui;

-- Canonical text, and errors that name the bad part.
SELECT ' {"sections":[{"weight":"01","code":"s","items":[{"kind":"rating","max":"5.0","weight":"1","code":"a"}]}],"on_veto":"zero"}'::rubric;
SELECT '{"scale":"10","sections":[{"code":"s","weight":"1","items":[{"code":"m","weight":"1","kind":"measure","unit":"min","bands":[{"from":"0","share":"1"},{"from":"15","share":"0.5"}]},{"code":"p","kind":"penalty","each":"2","max":"10"},{"code":"b","kind":"bonus","each":"0.50"}]}],"missing":"error","grades":[{"at_least":"9","grade":"优"},{"at_least":"6","grade":"良"}],"veto_grade":"良","rounding":{"scale":1}}'::rubric;
SELECT '{"sections":'::rubric;
SELECT '{"sections":[{"code":"s","weight":"1","items":[{"code":"a","weight":"1","kind":"stars"}]}]}'::rubric;
SELECT '{"sections":[{"code":"s","weight":"1","items":[{"code":"a","weight":"1","kind":"pass"},{"code":"a","weight":"1","kind":"pass"}]}]}'::rubric;
SELECT '{"sections":[{"code":"s","weight":"1","items":[{"code":"a","weight":"1","kind":"rating","max":5}]}]}'::rubric;
SELECT '{"sections":[{"code":"s","weight":"1","items":[{"code":"a","weight":"1","kind":"pass"}]}],"veto_grade":"C"}'::rubric;

CREATE TEMP TABLE card (id int, r rubric);
INSERT INTO card
SELECT g, format('{"sections":[{"code":"s","weight":"%s","items":[{"code":"a","weight":"%s","kind":"rating","max":"%s"}]}]}', g % 11 + 1, g % 7 + 1, g % 5 + 1)::rubric
FROM generate_series(1, 200) g;
INSERT INTO card SELECT id + 1000, r::text::rubric FROM card WHERE id <= 50;

-- The binary form goes round; a wrong hash, text or version does not.
CREATE TEMP TABLE received (r rubric);
\set file `mktemp`
\set receive '\\copy received from ' :file ' (format binary)'
COPY (SELECT r FROM card) TO STDOUT (FORMAT binary) \g :file
:receive
SELECT count(*) AS rows, (SELECT count(*) FROM (SELECT r FROM card EXCEPT ALL SELECT r FROM received) x) AS lost FROM received;
\set SHOW_CONTEXT never
COPY (SELECT set_byte(rubric_send(r), 0, get_byte(rubric_send(r), 0) # 1) FROM card WHERE id = 1) TO STDOUT (FORMAT binary) \g :file
:receive
COPY (SELECT set_byte(rubric_send(r), 16, 2) FROM card WHERE id = 1) TO STDOUT (FORMAT binary) \g :file
:receive
COPY (SELECT rubric_send(r) || ' '::bytea FROM card WHERE id = 1) TO STDOUT (FORMAT binary) \g :file
:receive
COPY (SELECT substr(rubric_send(r), 1, 9) FROM card WHERE id = 1) TO STDOUT (FORMAT binary) \g :file
:receive
\set removed `rm -f :'file'`

-- The operator class as laws.
SELECT count(*) AS pairs,
	count(*) FILTER (WHERE (a.r < b.r) <> (rubric_cmp(a.r, b.r) < 0) OR (a.r <= b.r) <> (rubric_cmp(a.r, b.r) <= 0)
		OR (a.r = b.r) <> (rubric_cmp(a.r, b.r) = 0) OR (a.r <> b.r) <> (rubric_cmp(a.r, b.r) <> 0)
		OR (a.r >= b.r) <> (rubric_cmp(a.r, b.r) >= 0) OR (a.r > b.r) <> (rubric_cmp(a.r, b.r) > 0)) AS disagree,
	count(*) FILTER (WHERE rubric_cmp(a.r, b.r) <> -rubric_cmp(b.r, a.r)) AS not_antisymmetric,
	count(*) FILTER (WHERE a.r = b.r AND (rubric_hash(a.r) <> rubric_hash(b.r)
		OR rubric_hash_extended(a.r, 7) <> rubric_hash_extended(b.r, 7))) AS hashes_differ,
	count(*) FILTER (WHERE (a.r = b.r) <> (a.r::text = b.r::text)) AS not_text_equality
FROM card a CROSS JOIN card b;
CREATE INDEX card_btree ON card (r);
CREATE INDEX card_hash ON card USING hash (r);
SET enable_seqscan = off;
SELECT count(*) AS below FROM card WHERE r < (SELECT r FROM card WHERE id = 77);
SELECT count(*) AS same FROM card WHERE r = (SELECT r FROM card WHERE id = 7);
SET enable_seqscan = on;
SET enable_indexscan = off;
SET enable_bitmapscan = off;
SET enable_indexonlyscan = off;
SELECT count(*) AS below FROM card WHERE r < (SELECT r FROM card WHERE id = 77);
SELECT count(*) AS same FROM card WHERE r = (SELECT r FROM card WHERE id = 7);
RESET enable_indexscan;
RESET enable_bitmapscan;
RESET enable_indexonlyscan;
RESET enable_seqscan;

-- Scores.
CREATE TEMP TABLE rules (r rubric);
INSERT INTO rules VALUES ('{"scale":"100","sections":[
	{"code":"safety","weight":"30","items":[
		{"code":"S1","weight":"5","kind":"rating","max":"5","veto":true},
		{"code":"S2","weight":"2","kind":"pass"},
		{"code":"S3","weight":"3","kind":"measure","unit":"min","bands":[{"from":"0","share":"1"},{"from":"15","share":"0.5"},{"from":"30","share":"0"}]},
		{"code":"S4","kind":"penalty","each":"2","max":"10"}]},
	{"code":"service","weight":"70","items":[
		{"code":"V1","weight":"1","kind":"rating","max":"3"},
		{"code":"V2","weight":"2","kind":"pass"},
		{"code":"V3","kind":"bonus","each":"1.5","max":"3"}]}],
	"grades":[{"at_least":"90","grade":"A"},{"at_least":"75","grade":"B"},{"at_least":"60","grade":"C"}]}');
CREATE TEMP TABLE finding (id int GENERATED ALWAYS AS IDENTITY, f jsonb);
INSERT INTO finding (f) VALUES
	('{"S1":{"value":"4"},"S2":{"value":true},"S3":{"value":"15"},"V1":{"value":"2"},"V2":{"value":true}}'),
	('{"S1":{"value":"4"},"S2":{"value":true},"S3":{"value":"15"},"V1":{"value":"2"},"V2":{"value":true},"S4":{"value":"3"},"V3":{"value":"7"}}'),
	('{"S1":{"value":"5"},"S2":"na","S3":{"value":"29.9"}}'),
	('{"S1":{"value":"0"},"S2":{"value":true},"V1":{"value":"3"}}'),
	('{"V1":{"value":"0.1"},"S4":{"value":"4"}}'),
	('{"S4":{"value":"4"}}'),
	('{}');
SELECT id, s.* FROM rules, finding, score(r, f) s ORDER BY id;
SELECT x.* FROM rules, finding, explain_score(r, f) x WHERE id = 2;
SELECT x.* FROM rules, finding, explain_score(r, f) x WHERE id = 4;
-- Points sum to the total.
SELECT id, s.total, sum(x.points) FROM rules, finding, score(r, f) s, explain_score(r, f) x
GROUP BY id, s.total ORDER BY id;
-- A cap instead of zero.
SELECT s.total, s.grade, s.vetoed FROM rules, finding,
	score((left(r::text, -1) || ',"veto_grade":"C"}')::rubric, f) s WHERE id = 4;
SELECT score(r, NULL) IS NULL AS is_null FROM rules;

-- Bad findings name the code.
SELECT score(r, '{"S9":{"value":"1"}}') FROM rules;
SELECT score(r, '{"S1":{"value":"6"}}') FROM rules;
SELECT score(r, '{"S1":{"value":4}}') FROM rules;
SELECT score(r, '{"S3":{"value":"-1"}}') FROM rules;
SELECT score(r, '{"S1":"n/a"}') FROM rules;
SELECT score(r, '[]') FROM rules;
SELECT score('{"sections":[{"code":"s","weight":"1","items":[{"code":"a","weight":"1","kind":"pass"}]}],"missing":"error"}', '{}');

-- Each kind of error has its SQLSTATE.
CREATE FUNCTION pg_temp.state(query text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE query;
	RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE;
END
$$;
SELECT pg_temp.state(query), query FROM unnest(ARRAY[
	$$SELECT '{'::rui.rubric$$,
	$$SELECT '{}'::rui.rubric$$,
	$$SELECT format('{"sections":[{"code":"s","weight":"1","items":[%s]}]}', string_agg(format('{"code":"%s","weight":"1","kind":"rating","max":"%s99999999999999"}', g, g + 100), ','))::rui.rubric FROM generate_series(1, 60) g$$,
	$$SELECT rui.score('{"sections":[{"code":"s","weight":"1","items":[{"code":"a","weight":"1","kind":"pass"}]}]}', '{"b":"na"}')$$]) query;
