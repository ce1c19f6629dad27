-- Tax numbers of enterprises.
SELECT n.number, rui.tax_number_kind(n.number) FROM (VALUES ('91350100M000100Y43'), ('91350100M000100Y44'), ('91350100M000100Y4'),
	('91350100m000100y43'), ('91350100M000100Y43 '), ('91350100O000100Y43'), ('913501A0M000100Y43'), ('320102D2143569X'), ('320102D21435690'),
	('32010AD2143569X'), (''), ('一二三四五六'), (NULL)) AS n(number);
SELECT provolatile, proparallel, proisstrict FROM pg_proc WHERE oid = 'rui.tax_number_kind(text)'::regprocedure;
