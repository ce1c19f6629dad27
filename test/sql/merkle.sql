-- Merkle trees: roots, audit paths, consistency proofs, and their errors.
SELECT encode(rui.merkle_root(''::bytea), 'hex') FROM (SELECT WHERE false) nothing;
SELECT encode(rui.merkle_root(l.leaf ORDER BY l.place), 'hex')
FROM unnest('{"","\\x00","\\x10","\\x2021","\\x3031","\\x40414243","\\x5051525354555657","\\x606162636465666768696a6b6c6d6e6f"}'::bytea[])
	WITH ORDINALITY AS l(leaf, place);
-- The tree of two by hand; the order counts.
SELECT rui.merkle_root(l ORDER BY l) = sha256('\x01'::bytea || rui.merkle_leaf('a') || sha256('\x00'::bytea || 'b')) AS by_hand,
	rui.merkle_root(l ORDER BY l) <> rui.merkle_root(l ORDER BY l DESC) AS ordered
FROM unnest('{a,b}'::bytea[]) AS l;

-- Every leaf of every tree up to 40 is proved, and at no other place; every
-- tree begins with each before it.
CREATE TEMPORARY TABLE tree AS
SELECT n.size, array_agg(convert_to('leaf ' || i, 'UTF8') ORDER BY i) FILTER (WHERE i >= 0) AS leaves,
	rui.merkle_root(convert_to('leaf ' || i, 'UTF8') ORDER BY i) AS root
FROM generate_series(1, 40) AS n(size), generate_series(0, n.size - 1) AS i
GROUP BY n.size;
SELECT count(*) AS proofs, bool_and(rui.merkle_verify(t.leaves[i + 1], i, t.size, p, t.root)) AS hold,
	bool_or(rui.merkle_verify(t.leaves[i + 1] || '!', i, t.size, p, t.root)) AS of_another_leaf,
	bool_or(rui.merkle_verify(t.leaves[i + 1], i + 1, t.size, p, t.root)) AS at_another_place,
	bool_or(rui.merkle_verify(t.leaves[i + 1], i, t.size, p || t.root, t.root)) AS longer,
	max(cardinality(p)) AS longest
FROM tree t, generate_series(0, t.size - 1) AS i, LATERAL rui.merkle_proof(t.leaves, i) AS p;
SELECT count(*) AS proofs, bool_and(rui.merkle_verify_consistency(o.size, o.root, t.size, t.root, p)) AS hold,
	bool_or(rui.merkle_verify_consistency(o.size, o.root, t.size, sha256(t.root), p)) AS with_another
FROM tree t JOIN tree o ON o.size <= t.size, LATERAL rui.merkle_consistency(t.leaves, o.size) AS p;
SELECT bool_or(rui.merkle_verify_consistency(o.size, o.root, t.size, f.root, rui.merkle_consistency(f.leaves, o.size))) AS forked_trees_agree
FROM tree t JOIN tree o ON o.size < t.size,
	LATERAL (SELECT rui.merkle_root(CASE place WHEN o.size THEN 'fork' ELSE leaf END ORDER BY place) AS root,
		array_agg(CASE place WHEN o.size THEN 'fork' ELSE leaf END ORDER BY place) AS leaves
		FROM unnest(t.leaves) WITH ORDINALITY AS l(leaf, place)) AS f;
SELECT rui.merkle_consistency('{a,b}', 0) AS of_nothing, rui.merkle_consistency('{a,b}', 2) AS of_all,
	rui.merkle_verify_consistency(0, sha256(''), 2, rui.merkle_leaf('a'), '{}') AS empty_begins;
-- Groups, and a plan with several processes, give the same roots.
SELECT count(DISTINCT root) FROM (
	SELECT rui.merkle_root(convert_to(i::text, 'UTF8') ORDER BY i) AS root FROM generate_series(1, 1000) i, generate_series(1, 3) g GROUP BY g) r;

-- What is wrong is said.
SELECT rui.merkle_root(l) FROM unnest('{a,NULL}'::bytea[]) AS l;
SELECT rui.merkle_proof('{a,b}', 2);
SELECT rui.merkle_proof('{a,b}', -1);
SELECT rui.merkle_proof('{}', 0);
SELECT rui.merkle_proof('{a,NULL}', 0);
SELECT rui.merkle_proof('{{a},{b}}', 0);
SELECT rui.merkle_consistency('{a,b}', 3);
SELECT rui.merkle_verify('a', 0, 1, '{}', 'a');
SELECT rui.merkle_verify('a', 0, 2, '{a}', sha256(''));
SELECT rui.merkle_verify('a', 0, 2, ARRAY[NULL]::bytea[], sha256(''));
SELECT rui.merkle_verify('a', -1, 1, '{}', rui.merkle_leaf('a')) AS below, rui.merkle_verify('a', 0, 0, '{}', rui.merkle_leaf('a')) AS in_nothing,
	rui.merkle_verify('a', 9223372036854775807, 9223372036854775807, '{}', rui.merkle_leaf('a')) AS beyond,
	rui.merkle_verify_consistency(-1, sha256(''), 1, sha256(''), '{}') AS negative, rui.merkle_proof(NULL, 0) IS NULL AS nothing;
