-- Names of codes, in Chinese and English.

CREATE TABLE rui.label (
	kind text NOT NULL,
	code text NOT NULL,
	lang text NOT NULL CHECK (lang IN ('zh', 'en')),
	name text NOT NULL CHECK (name <> ''),
	PRIMARY KEY (kind, code, lang)
);
PERFORM rui._describe('label', 'What people call a code, in Chinese and English.',
	'kind: What the code is: state.ticket, action.ticket, category, priority, role, module, reason.',
	'lang: zh or en.');
PERFORM rui._declare_table('label', 'reference', 'none');

CREATE FUNCTION rui.label(kind text, code text, lang text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
DECLARE
	answer text;
BEGIN
	IF lang NOT IN ('zh', 'en') THEN
		RAISE EXCEPTION 'unknown language "%"', lang
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Languages are zh and en.';
	END IF;
	SELECT l.name INTO answer FROM rui.label l
	WHERE l.kind = label.kind AND l.code = label.code AND l.lang = label.lang;
	RETURN coalesce(answer, code);
END
$$;
COMMENT ON FUNCTION rui.label(text, text, text) IS
'The name of a code in lang zh or en; the code itself where no name is known. Error 22023 for another language.';

CREATE FUNCTION rui._name(kind text, code text, zh text, en text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	INSERT INTO rui.label (kind, code, lang, name) VALUES (kind, code, 'zh', zh), (kind, code, 'en', en);
END
$$;
COMMENT ON FUNCTION rui._name(text, text, text, text) IS 'Internal: gives a code its Chinese and English names.';

PERFORM rui._name('role', r.code, r.zh, r.en) FROM (VALUES
	('resident', '住户', 'resident'), ('steward', '管家', 'steward'), ('staff', '员工', 'staff'),
	('agent', '客服坐席', 'call agent'), ('manager', '项目经理', 'site manager'),
	('accountant', '财务', 'accountant'), ('expert', '属地专家', 'territorial expert'),
	('partner', '合作方', 'partner'), ('analyst', '分析员', 'analyst'), ('auditor', '审计员', 'auditor'),
	('director', '公司管理员', 'company director'), ('loader', '数据导入', 'data loader')
) AS r(code, zh, en);
