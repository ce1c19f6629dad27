// PostGraphile over a real socket, for a resident, a steward and a manager:
// what it finds in the catalog, what each of them sees, and what a command and
// its errors look like. Prints TAP and ends with 1 when something failed.
//
//   node check.js TOWN TAGS    the ids that town.sql printed, docs/postgraphile.tags.json5
'use strict';
const fs = require('fs');
const http = require('http');
const jwt = require('jsonwebtoken');
const { Pool } = require('pg');
const { singular } = require('pluralize');
const { postgraphile } = require('postgraphile');
const { makePgSmartTagsFromFilePlugin } = require('postgraphile/plugins');

const town = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
const secret = 'the secret of the identity server';
const issuer = 'https://id.example.org';
let tests = 0;
let failures = 0;

function is(have, want, name) {
	const [left, right] = [have, want].map(value => JSON.stringify(value));
	tests += 1;
	if (left === right) {
		console.log(`ok ${tests} - ${name}`);
		return;
	}
	failures += 1;
	console.log(`not ok ${tests} - ${name}\n#   have: ${left}\n#   want: ${right}`);
}

// What an identity server signs; seconds since 1970.
function token(party, role, changes = {}) {
	const soon = Math.floor(Date.now() / 1000) + 600;
	return jwt.sign({ party_id: party, role, iss: issuer, aud: 'rui', exp: soon, ...changes }, secret);
}

function ask(port, bearer, query, variables = {}) {
	const body = JSON.stringify({ query, variables });
	const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
	if (bearer !== null) headers.Authorization = `Bearer ${bearer}`;
	return new Promise((resolve, reject) => {
		const request = http.request({ host: '127.0.0.1', port, path: '/graphql', method: 'POST', headers }, response => {
			let text = '';
			response.setEncoding('utf8');
			response.on('data', part => { text += part; });
			response.on('end', () => resolve(JSON.parse(text)));
		});
		request.on('error', reject);
		request.end(body);
	});
}

// SQLSTATE and message of the first error, or the data.
function outcome(answer) {
	if (!answer.errors) return answer.data;
	const [error] = answer.errors;
	return `${(error.extensions?.exception ?? error).errcode} ${error.message}`;
}

const camel = name => name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());
const pascal = name => camel(name).replace(/^./, letter => letter.toUpperCase());

// Comments of tables, columns and functions are what a client reads about them.
async function checkDescriptions(port, catalog) {
	const { data: { __schema: schema } } = await ask(port, token(town.manager, 'rui_manager'), `{ __schema {
		types { kind name description fields { name description args { name } } }
		queryType { name } mutationType { name } } }`);
	const types = new Map(schema.types.map(type => [type.name, type]));
	const relations = (await catalog.query(`
		SELECT c.relname AS name, obj_description(c.oid, 'pg_class') AS about,
			jsonb_object_agg(a.attname, col_description(c.oid, a.attnum)) AS columns
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		WHERE c.relnamespace = 'rui'::regnamespace AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition
			AND c.relname <> 'label' -- which the tags rename
			AND EXISTS (SELECT FROM unnest('{rui_user,rui_resident,rui_steward,rui_manager}'::name[]) AS r(name)
				WHERE has_table_privilege(r.name, c.oid, 'SELECT'))
		GROUP BY c.oid, c.relname ORDER BY c.relname`)).rows;
	const unlike = [];
	let columns = 0;
	for (const relation of relations) {
		const type = types.get(pascal(singular(relation.name)));
		if (type?.description !== relation.about) unlike.push(relation.name);
		for (const [name, about] of Object.entries(relation.columns)) {
			const field = type?.fields.find(one => one.name === camel(name));
			columns += 1;
			if (field?.description !== about) unlike.push(`${relation.name}.${name}`);
		}
	}
	is(unlike, [], 'every table, view and column that one of the three may read has its comment');
	is(relations.length > 150 && columns > 1500, true, `there are ${relations.length} of them with ${columns} columns`);
	is(relations.filter(one => one.name.endsWith('_plain')).length, 6, 'rule values are there as text, too');
	is(types.get('CalendarVersionPlain').fields.map(one => one.name).includes('calendar'), true, 'under their own names');

	const functions = (await catalog.query(`
		SELECT p.proname AS name, p.provolatile = 'v' AS is_command, obj_description(p.oid, 'pg_proc') AS about,
			p.proargnames[1:p.pronargs] AS arguments
		FROM pg_proc p
		WHERE p.pronamespace = 'rui'::regnamespace AND p.proname !~ '^_' AND p.prokind = 'f'
			AND p.prorettype <> 'trigger'::regtype AND p.provariadic = 0
			AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
			AND has_function_privilege('rui_user', p.oid, 'EXECUTE')
			AND (SELECT count(*) FROM pg_proc o WHERE o.pronamespace = p.pronamespace AND o.proname = p.proname) = 1
		ORDER BY p.proname`)).rows;
	const fields = kind => new Map(types.get(schema[kind].name).fields.map(field => [field.name, field]));
	const [queries, mutations] = [fields('queryType'), fields('mutationType')];
	is(functions.filter(one => (one.is_command ? mutations : queries).get(camel(one.name))?.description !== one.about)
		.map(one => one.name), [], 'every function is a query or a mutation with its comment');
	is(functions.filter(one => one.is_command).length > 200 && functions.filter(one => !one.is_command).length > 50, true,
		`there are ${functions.length} of them`);
	is(queries.get('inbox').args.length >= 0 && mutations.get('openTicket').args.map(one => one.name), ['input'], 'commands take one input');
	is([...mutations.keys()].filter(name => /^(create|update|delete)(Ticket|Charge|Party|Journal|Membership)(By.*)?$/.test(name)), [],
		'and no table can be written past them');
	is([...queries.keys(), ...mutations.keys()].filter(name => name.startsWith('_')), [], 'internal functions are not there');
}

async function checkRows(port) {
	const people = [['resident', 'rui_resident'], ['steward', 'rui_steward'], ['manager', 'rui_manager']];
	const seen = [];
	for (const [name, role] of people) {
		const data = outcome(await ask(port, token(town[name], role), `{
			allProjects { nodes { id } } allParties { nodes { id } }
			allTicketBoards { nodes { unitId details state } } allCalendarVersionPlains { nodes { code calendar } } }`));
		if (typeof data === 'string') throw new Error(data);
		seen.push([data.allProjects.nodes.map(row => row.id), data.allParties.nodes.map(row => row.id).sort(),
			data.allTicketBoards.nodes.map(row => row.details), data.allCalendarVersionPlains.nodes.map(row => JSON.parse(row.calendar).tz)]);
	}
	const tap = "The neighbour's tap";
	const [one, everybody] = [[String(town.one)], ['director', 'manager', 'steward', 'resident', 'neighbour'].map(name => String(town[name])).sort()];
	is(seen[0], [one, [String(town.resident)], [], ['Asia/Shanghai']], 'a resident sees himself and his home');
	is(seen[1], [one, [String(town.steward)], [], ['Asia/Shanghai']], 'a steward sees what he answers for');
	is(seen[2], [one, everybody, [tap], ['Asia/Shanghai']], 'a manager sees his project, and not the other one');
}

const open = `mutation ($category: String!, $details: String!, $unit: BigInt, $key: String) {
	openTicket(input: { projectId: "${town.one}", category: $category, details: $details, unitId: $unit, requestKey: $key }) { bigInt } }`;

async function checkCommands(port) {
	const resident = token(town.resident, 'rui_resident');
	const need = { category: 'repair', details: 'Our own tap', unit: town.unit, key: 'once' };
	const ticket = outcome(await ask(port, resident, open, need)).openTicket?.bigInt;
	is(/^[1-9]\d*$/.test(ticket), true, 'a resident opens a ticket');
	is(outcome(await ask(port, resident, open, need)), { openTicket: { bigInt: ticket } }, 'sent twice it is one');
	is(outcome(await ask(port, resident, open, { ...need, details: 'Another' })).slice(0, 5), 'RU409', 'the key with another content has its code');
	is(outcome(await ask(port, resident, '{ allTicketBoards { nodes { ticketId details state number } } }')),
		{ allTicketBoards: { nodes: [{ ticketId: ticket, details: 'Our own tap', state: 'new', number: '2' }] } }, 'and sees it');
	is(outcome(await ask(port, resident, open, { ...need, key: null, unit: town.other_unit })),
		'42501 you may report for yourself and your home only', 'not for the neighbour');
	is(outcome(await ask(port, resident, open, { ...need, key: null, category: 'magic' })).slice(0, 5), 'P0002', 'an unknown category');
	is(outcome(await ask(port, resident, open, { ...need, key: null, details: ' ' })), '22023 details must not be empty', 'a blank text');
	const answer = await ask(port, resident, 'mutation { setCalendar(input: { projectId: "1", code: "x", calendar: "{}" }) { clientMutationId } }');
	is(/^(22|42501)/.test(outcome(answer)), true, `a command that is not his: ${outcome(answer)}`);
	is(outcome(await ask(port, token(town.manager, 'rui_manager'), '{ allTicketBoards { totalCount } }')), { allTicketBoards: { totalCount: 2 } },
		'the manager sees both');
	is(outcome(await ask(port, token(town.steward, 'rui_steward'), `mutation { acceptTicket(input: { projectId: "${town.one}", ticketId: "${ticket}" }) { string } }`)).slice(0, 5),
		'P0002', 'what a steward may not read is not there for him');
	is(outcome(await ask(port, resident, `mutation { reopenTicket(input: { projectId: "${town.one}", ticketId: "${ticket}", reason: "Drips" }) { string } }`)).slice(0, 5),
		'55000', 'a state that does not allow it has its code');
}

async function checkClaims(port) {
	const who = '{ allProjects { totalCount } }';
	const rows = '{ allMemberships { totalCount } }';
	is(outcome(await ask(port, null, who)), { allProjects: { totalCount: 0 } }, 'without a token nobody acts');
	is(outcome(await ask(port, null, open, { category: 'repair', details: 'x' })).slice(0, 35), '42501 nobody acts in this session', 'nor commands');
	is(outcome(await ask(port, token(town.resident, 'rui_manager'), rows)),
		`42501 party ${town.resident} may not act with the rights of "rui_manager"`, 'a token with a role that the party does not hold');
	is(outcome(await ask(port, token(town.manager, 'rui_manager'), rows)), { allMemberships: { totalCount: 4 } }, 'and one that he holds');
	is(outcome(await ask(port, token(town.manager, 'rui_manager', { iss: 'https://id.example.com' }), who)),
		'28000 the claims are of another issuer', 'a token of another issuer');
	is(outcome(await ask(port, token(999999, 'rui_resident'), who)), 'P0002 party 999999 of the claims does not exist', 'a party that is none');
	is(/permission denied to set role|role "postgres"/.test(outcome(await ask(port, token(town.resident, 'postgres'), who))), true, 'a role that the login may not take on');
	is(/jwt expired/.test(JSON.stringify(await ask(port, token(town.resident, 'rui_resident', { exp: 1 }), who))), true, 'an expired token ends at the layer');
	const forged = jwt.sign({ party_id: town.manager, role: 'rui_manager', aud: 'rui' }, 'another secret');
	is(/invalid signature/.test(JSON.stringify(await ask(port, forged, who))), true, 'so does a forged one');
}

async function main() {
	const catalog = new Pool({ max: 1 });
	const pool = new Pool({ user: 'graphql_web', max: 4 });
	const started = Date.now();
	const handler = postgraphile(pool, 'rui', {
		appendPlugins: [makePgSmartTagsFromFilePlugin(process.argv[3])],
		jwtSecret: secret,
		jwtVerifyOptions: { audience: 'rui' },
		pgDefaultRole: 'rui_user',
		ignoreRBAC: false,
		disableDefaultMutations: true,
		graphileBuildOptions: { pgUsePartitionedParent: true },
		dynamicJson: true,
		setofFunctionsContainNulls: false,
		disableQueryLog: true,
		graphiql: false,
		retryOnInitFail: false,
		extendedErrors: ['errcode', 'detail', 'hint'],
	});
	const server = http.createServer(handler);
	await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
	const { port } = server.address();
	is(outcome(await ask(port, null, '{ __typename }')), { __typename: 'Query' }, 'the layer starts');
	console.log(`# schema made in ${Date.now() - started} ms`);
	await checkDescriptions(port, catalog);
	await checkRows(port);
	await checkCommands(port);
	await checkClaims(port);
	server.close();
	server.closeAllConnections();
	await Promise.all([handler.release?.(), catalog.end()]);
	await pool.end().catch(() => {});
	console.log(`1..${tests}`);
	process.exit(failures > 0 ? 1 : 0);
}

main().catch(error => {
	console.log(`Bail out! ${error.stack}`);
	process.exit(1);
});
