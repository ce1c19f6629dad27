-- Dispatch and grid design: what is refused, and changes nothing.
BEGIN;
SELECT plan(26);
\ir fixture/town.sql
SELECT rui.create_project(:company, 'other', 'Other') AS other_project \gset
SELECT throws_ok(format('SELECT * FROM rui.dispatch(%s)', :project), '55000', NULL, 'a candidate project is not dispatched');
SELECT rui.set_project_state(:project, 'go_live') \g /dev/null
SELECT rui.set_project_state(:other_project, 'go_live') \g /dev/null
SELECT rui.set_ticket_category(:project, 'general', 'general', 'general') \g /dev/null
SELECT rui.open_ticket(:project, 'general', 'need') AS ticket \gset

SELECT throws_ok('SELECT * FROM rui.dispatch(NULL)', '22004', NULL, 'no project');
SELECT throws_ok('SELECT * FROM rui.dispatch(-1)', '42501', NULL, 'an unknown project');
SELECT throws_ok(format('SELECT * FROM rui.dispatch(%s, NULL, NULL)', :project), '22004', NULL, 'no time');
SELECT throws_ok(format('SELECT * FROM rui.dispatch(%s, NULL, ''infinity'')', :project), '22008', NULL, 'infinity');
SELECT throws_ok(format('SELECT * FROM rui.dispatch(%s, NULL, ''1899-12-31'')', :project), '22008', NULL, 'before all time');
SELECT throws_ok(format('SELECT * FROM rui.dispatch(%s, '''')', :project), '22023', NULL, 'an empty request key');
SELECT throws_ok(format('SELECT * FROM rui.explain_dispatch(%s, NULL)', :project), '22004', NULL, 'explain no task');
SELECT throws_ok(format('SELECT * FROM rui.explain_dispatch(%s, -1)', :project), 'P0002', NULL, 'explain an unknown task');
SELECT throws_ok(format('SELECT * FROM rui.explain_dispatch(%s, %s)', :other_project, :ticket), 'P0002', NULL, 'explain another project''s task');
SELECT throws_ok(format('SELECT * FROM rui.explain_dispatch(%s, %s, ''en'', NULL)', :project, :ticket), '22004', NULL, 'explain at no time');
SELECT throws_ok(format('SELECT rui.set_dispatch_weight(%s, NULL, 1)', :project), '22004', NULL, 'a weight of no term');
SELECT throws_ok(format('SELECT rui.set_dispatch_weight(%s, '' '', 1)', :project), '22023', NULL, 'a weight of a blank term');
SELECT throws_ok(format('SELECT rui.set_dispatch_weight(%s, ''luck'', 1)', :project), '22023', NULL, 'a weight of an unknown term');
SELECT throws_ok(format('SELECT rui.set_dispatch_weight(%s, ''walk'', %L)', :project, w), '22003', NULL, 'weight ' || w) FROM unnest('{-1,NaN,Infinity,1000001}'::text[]) w;
SELECT throws_ok(format('SELECT rui.set_dispatch_weight(%s, ''wait_horizon'', 0)', :project), '22003', NULL, 'no horizon');

-- A task opened later than the time of the dispatch is not there yet.
SELECT is((SELECT tasks FROM rui.dispatch(:project, NULL, now() - interval '1 hour')), 0, 'what is not yet open does not wait');
SELECT is((SELECT count(*) FROM rui.dispatch_run), 0::bigint, 'refusals leave no run');
SELECT is((SELECT state FROM rui.task WHERE id = :ticket), 'new', 'and move no task');

SET LOCAL rui.party_id = '';
SELECT throws_ok(format('SELECT * FROM rui.dispatch(%s)', :project), '42501', NULL, 'dispatch by nobody');
SELECT throws_ok(format('SELECT * FROM rui.explain_dispatch(%s, %s)', :project, :ticket), '42501', NULL, 'explain to nobody');
SELECT throws_ok(format('SELECT rui.set_dispatch_weight(%s, ''walk'', 1)', :project), '42501', NULL, 'weights by nobody');
SELECT throws_ok(format('SELECT rui.set_dispatch_weight(%s, ''walk'', 1)', :other_project), '42501', NULL, 'of any project');
SELECT * FROM finish();
ROLLBACK;
