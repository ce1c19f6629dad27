-- Deposits: money held for somebody, a debt to him until it is given back or
-- forfeited. It is neither revenue nor a prepayment.

PERFORM rui._permit('take_deposits', '{live}', 'agent', 'manager', 'accountant', 'loader');
PERFORM rui._permit('return_deposits', '{live,closed}', 'manager', 'accountant', 'loader');
PERFORM rui._permit('request_forfeits', '{live,closed}', 'agent', 'manager', 'accountant', 'loader');
PERFORM rui._permit('approve_forfeits', '{live,closed}', 'manager', 'accountant', 'director');
PERFORM rui._name('permission', p.code, p.zh, p.en) FROM (VALUES ('take_deposits', '收取押金', 'take deposits'), ('return_deposits', '退还押金', 'give deposits back'),
	('request_forfeits', '申请没收押金', 'request forfeits'), ('approve_forfeits', '审批没收押金', 'approve forfeits')) AS p(code, zh, en);
INSERT INTO rui.subject (subject, table_name) VALUES ('forfeit', 'deposit_forfeit');
INSERT INTO rui.transition (subject, from_state, action, to_state, permission, guard) VALUES
	('forfeit', '(none)', 'request', 'requested', 'request_forfeits', NULL),
	('forfeit', 'requested', 'approve', 'approved', 'approve_forfeits', '_forfeit_obstacle'),
	('forfeit', 'requested', 'refuse', 'refused', 'approve_forfeits', NULL),
	('forfeit', 'requested', 'withdraw', 'withdrawn', 'request_forfeits', NULL);
PERFORM rui._mark_workflow('forfeit', '押金没收', 'forfeit', '{approved,refused,withdrawn}');
PERFORM rui._name('state.forfeit', s.code, s.zh, s.en) FROM (VALUES ('requested', '已申请', 'requested'), ('approved', '已批准', 'approved'),
	('refused', '已驳回', 'refused'), ('withdrawn', '已撤回', 'withdrawn')) AS s(code, zh, en);
PERFORM rui._name('action.forfeit', a.code, a.zh, a.en) FROM (VALUES ('request', '申请', 'request'), ('approve', '批准', 'approve'),
	('refuse', '驳回', 'refuse'), ('withdraw', '撤回', 'withdraw')) AS a(code, zh, en);
PERFORM rui._name('deposit_kind', k.code, k.zh, k.en) FROM (VALUES ('decoration', '装修押金', 'decoration'), ('lease', '租赁押金', 'lease'),
	('card', '门禁卡押金', 'access card'), ('booking', '场地押金', 'booking'), ('waste', '垃圾清运押金', 'removal of waste'), ('other', '其他押金', 'other')) AS k(code, zh, en);
PERFORM rui._name('event', e.code, e.zh, e.en) FROM (VALUES ('deposit.take', '收取押金', 'deposit taken'), ('deposit.return', '退还押金', 'deposit given back'),
	('forfeit.request', '申请没收押金', 'forfeit requested'), ('forfeit.approve', '批准没收押金', 'forfeit approved'),
	('forfeit.refuse', '驳回没收押金', 'forfeit refused'), ('forfeit.withdraw', '撤回没收申请', 'forfeit withdrawn')) AS e(code, zh, en);

PERFORM rui._stateful_table('deposit_forfeit', 'forfeit');

CREATE FUNCTION rui._post_deposit() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	channel_account CONSTANT text := (SELECT c.account_code FROM rui.payment_channel c WHERE c.code = NEW.channel);
BEGIN
	PERFORM rui._post(NEW.project_id, NEW.at, NULL, CASE TG_ARGV[0] WHEN 'deposit' THEN channel_account ELSE '2241.01' END,
		CASE TG_ARGV[0] WHEN 'deposit' THEN '2241.01' ELSE channel_account END, NEW.amount, TG_ARGV[0], NEW.id);
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION rui._post_deposit() IS
'Row trigger of rui.deposit and rui.deposit_return (the argument): debits the channel''s account and credits deposits held (2241.01), or the other way round. Errors as rui._check_postings().';
CREATE TRIGGER post_deposit AFTER INSERT ON rui.deposit FOR EACH ROW EXECUTE FUNCTION rui._post_deposit('deposit');
CREATE TRIGGER post_deposit AFTER INSERT ON rui.deposit_return FOR EACH ROW EXECUTE FUNCTION rui._post_deposit('deposit_return');

CREATE FUNCTION rui._deposit(project_id bigint, deposit_id bigint) RETURNS rui.deposit
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
DECLARE
	about rui.deposit;
BEGIN
	SELECT d.* INTO about FROM rui.deposit d WHERE d.project_id = _deposit.project_id AND d.id = _deposit.deposit_id;
	IF NOT FOUND THEN
		PERFORM rui._unknown('deposit', deposit_id, project_id);
	END IF;
	RETURN about;
END
$$;
COMMENT ON FUNCTION rui._deposit(bigint, bigint) IS
'Internal: the deposit with that id. Error P0002.';

CREATE FUNCTION rui._check_money_channel(channel text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui._check_text('channel', channel, 40);
	IF NOT EXISTS (SELECT FROM rui.payment_channel c WHERE c.code = channel AND c.is_money) THEN
		RAISE EXCEPTION 'unknown payment channel "%"', channel
			USING ERRCODE = 'invalid_parameter_value', HINT = 'rui.payment_channel lists those by which money comes.';
	END IF;
END
$$;
COMMENT ON FUNCTION rui._check_money_channel(text) IS
'Internal: checks a payment channel given by a caller: 22004 null, 22023 unknown or not one of money, 22001.';

CREATE FUNCTION rui.take_deposit(project_id bigint, payer_id bigint, kind text, amount numeric, channel text, unit_id bigint DEFAULT NULL,
	external_ref text DEFAULT NULL, request_key text DEFAULT NULL, at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	answer jsonb;
	new_id bigint;
BEGIN
	PERFORM rui.require_permission(project_id, 'take_deposits');
	PERFORM rui._check_time(project_id, at);
	IF payer_id IS NULL THEN
		PERFORM rui._missing('payer_id');
	END IF;
	PERFORM rui._check_text('kind', kind, 20);
	IF kind NOT IN ('decoration', 'lease', 'card', 'booking', 'waste', 'other') THEN
		RAISE EXCEPTION 'unknown kind of deposit "%"', kind USING ERRCODE = 'invalid_parameter_value',
			HINT = 'Kinds are decoration, lease, card, booking, waste and other.';
	END IF;
	PERFORM rui._check_amount('amount', amount);
	PERFORM rui._check_money_channel(channel);
	IF external_ref IS NOT NULL THEN
		PERFORM rui._check_text('external_ref', external_ref, 200);
	END IF;
	PERFORM rui._lock_books(project_id);
	answer := rui._begin_request(project_id, 'take_deposit', request_key,
		jsonb_build_array(payer_id, kind, amount, channel, unit_id, external_ref));
	IF answer IS NOT NULL THEN
		RETURN answer::bigint;
	END IF;
	PERFORM rui._check_payer(project_id, payer_id);
	IF unit_id IS NOT NULL AND NOT EXISTS (SELECT FROM rui.unit u WHERE u.project_id = take_deposit.project_id AND u.id = take_deposit.unit_id) THEN
		PERFORM rui._unknown('unit', unit_id, project_id);
	END IF;
	INSERT INTO rui.deposit (project_id, party_id, unit_id, kind, amount, channel, external_ref, at, taken_by)
	VALUES (take_deposit.project_id, payer_id, take_deposit.unit_id, take_deposit.kind, take_deposit.amount, take_deposit.channel,
		take_deposit.external_ref, take_deposit.at, rui.current_party())
	RETURNING id INTO new_id;
	PERFORM rui._emit(project_id, 'deposit.take', 'deposit', new_id, at,
		jsonb_build_object('kind', kind, 'amount', amount, 'payer_id', payer_id, 'unit_id', unit_id));
	PERFORM rui._finish_request(project_id, 'take_deposit', request_key, to_jsonb(new_id));
	RETURN new_id;
END
$$;
COMMENT ON FUNCTION rui.take_deposit(bigint, bigint, text, numeric, text, bigint, text, text, timestamptz) IS
'Takes a deposit from a party: held as a liability (2241.01), no revenue and no base of tax. kind is decoration, lease, card, booking, waste or other; channel one of rui.payment_channel by which money comes, external_ref its own number (each counts once). Returns the id in rui.deposit. Needs permission take_deposits. Errors: 22004, 22023, 22003, 22001, 22008 arguments, P0002 unknown party or unit, 23505 external_ref known, 55000 no books or closed month, RU409, 42501.';

CREATE FUNCTION rui._return_deposit(project_id bigint, deposit_id bigint, amount numeric, reason text, channel text, at timestamptz) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	about rui.deposit;
	still_held numeric;
	new_id bigint;
BEGIN
	about := rui._deposit(project_id, deposit_id);
	SELECT h.held INTO still_held FROM rui.deposit_held h WHERE h.project_id = about.project_id AND h.deposit_id = about.id;
	IF at < about.at THEN
		RAISE EXCEPTION 'a deposit of % cannot be given back at %', about.at, at
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Give a time after the deposit''s.';
	ELSIF still_held = 0 OR amount > still_held THEN
		RAISE EXCEPTION 'of deposit % only % is held, not %', about.id, still_held, coalesce(amount::text, 'anything')
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'rui.deposit_held tells what is left of it.';
	END IF;
	INSERT INTO rui.deposit_return (project_id, deposit_id, amount, channel, reason, at, party_id)
	VALUES (about.project_id, about.id, coalesce(_return_deposit.amount, still_held), coalesce(_return_deposit.channel, about.channel),
		_return_deposit.reason, _return_deposit.at, rui.current_party())
	RETURNING id INTO new_id;
	PERFORM rui._emit(project_id, 'deposit.return', 'deposit', about.id, at,
		jsonb_build_object('return_id', new_id, 'amount', coalesce(amount, still_held)));
	RETURN new_id;
END
$$;
COMMENT ON FUNCTION rui._return_deposit(bigint, bigint, numeric, text, text, timestamptz) IS
'Internal: gives a deposit back, once that is allowed and the books are locked; amount null: all that is held. Returns the id in rui.deposit_return. Errors: 22023 before it came, P0002 unknown deposit, 55000 less is held or closed month.';

CREATE FUNCTION rui.return_deposit(project_id bigint, deposit_id bigint, amount numeric DEFAULT NULL, reason text DEFAULT 'returned',
	channel text DEFAULT NULL, request_key text DEFAULT NULL, at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	answer jsonb;
	new_id bigint;
BEGIN
	PERFORM rui.require_permission(project_id, 'return_deposits');
	PERFORM rui._check_time(project_id, at);
	IF deposit_id IS NULL THEN
		PERFORM rui._missing('deposit_id');
	ELSIF amount IS NOT NULL THEN
		PERFORM rui._check_amount('amount', amount);
	END IF;
	PERFORM rui._check_text('reason', reason, 500);
	IF channel IS NOT NULL THEN
		PERFORM rui._check_money_channel(channel);
	END IF;
	PERFORM rui._lock_books(project_id);
	answer := rui._begin_request(project_id, 'return_deposit', request_key, jsonb_build_array(deposit_id, amount, reason, channel));
	IF answer IS NOT NULL THEN
		RETURN answer::bigint;
	END IF;
	new_id := rui._return_deposit(project_id, deposit_id, amount, reason, channel, at);
	PERFORM rui._pay_alone(r.project_id, 'deposit_return', r.deposit_id, ARRAY[d.party_id], r.amount, r.channel, r.reason, r.id, r.at)
	FROM rui.deposit_return r JOIN rui.deposit d ON d.project_id = r.project_id AND d.id = r.deposit_id
	WHERE r.project_id = return_deposit.project_id AND r.id = new_id;
	PERFORM rui._finish_request(project_id, 'return_deposit', request_key, to_jsonb(new_id));
	RETURN new_id;
END
$$;
COMMENT ON FUNCTION rui.return_deposit(bigint, bigint, numeric, text, text, text, timestamptz) IS
'Gives a deposit back, in part or (amount null) all that is held of it, through a channel (null: that by which it came). By one person, within rui.payout_limit; beyond, rui.request_payout. Returns the id in rui.deposit_return. Needs permission return_deposits. Errors: 22004, 22023, 22003, 22001, 22008 arguments, P0002 unknown deposit, 55000 less is held, no books or closed month, RU409, 42501 also where it takes two.';
