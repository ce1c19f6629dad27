-- Where charges come from: source, creating event, payer, account credited.

CREATE TABLE rui.charge_source (
	code text PRIMARY KEY CHECK (code ~ '^[a-z][a-z_]{0,39}$'),
	event_kind text NOT NULL,
	payer text NOT NULL CHECK (payer IN ('item', 'named', 'reporter', 'debt')),
	account text NOT NULL,
	is_added boolean NOT NULL,
	about text NOT NULL CHECK (length(about) BETWEEN 1 AND 200)
);
PERFORM rui._describe('charge_source', 'What charges may come from. docs/billing.md shows the same rows.',
	'event_kind: Kind of the event that tells of it.',
	'payer: Who owes it: item (the fee item''s payer of those days), named (who is named, else the fee item''s payer), reporter (the fee item''s payer; without a unit who reported it) or debt (who owes the principal).',
	'account: Account credited with the net: item (the fee item''s revenue account) or a code of the chart.',
	'is_added: Whether such charges are added one by one, by those who may add charges.',
	'about: What makes it.');
PERFORM rui._declare_table('charge_source', 'reference', 'none');
INSERT INTO rui.charge_source (code, event_kind, payer, account, is_added, about) VALUES
	('plan', 'billing.run', 'item', 'item', false, 'a billing run, by price plan: fee item, unit and day once'),
	('contract', 'charge.add', 'named', 'item', true, 'what a contract gives once'),
	('meter', 'charge.add', 'named', 'item', true, 'what a meter counted'),
	('ticket', 'charge.add', 'reporter', 'item', false, 'the next tick after payable work is completed'),
	('order', 'charge.add', 'named', 'item', true, 'an order'),
	('subscription', 'charge.add', 'named', 'item', true, 'a subscription'),
	('custody', 'charge.add', 'named', 'item', true, 'care for a home in its owner''s absence'),
	('lease', 'charge.add', 'named', 'item', true, 'something that is let'),
	('booking', 'charge.add', 'named', 'item', true, 'a booking of a room or a place'),
	('parking', 'charge.add', 'named', 'item', false, 'a stay on a parking place'),
	('deposit', 'charge.add', 'named', 'item', false, 'a deposit that is forfeited'),
	('penalty', 'charge.add', 'named', 'item', true, 'a penalty by contract or house rules'),
	('late_fee', 'charge.add', 'debt', '6301', false, 'what a charge that is paid late has accrued'),
	('cost', 'charge.add', 'debt', 'item', true, 'enforcement of a charge'),
	('opening', 'project.import', 'named', '4104', false, 'arrears of earlier books'),
	('shared_cost', 'shared_cost.share', 'item', 'item', false, 'a share of a cost that several units bear');
PERFORM rui._name('charge_source', 'deposit', '押金没收', 'forfeited deposit');
