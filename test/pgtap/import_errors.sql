-- Imports: what is refused as a whole, and changes nothing.
BEGIN;
SELECT plan(66);
\ir fixture/town.sql

CREATE TEMP TABLE command (name text);
INSERT INTO command VALUES ('import_buildings'), ('import_units'), ('import_parties'), ('import_households'),
	('import_ownerships'), ('import_staff'), ('import_posts'), ('import_shifts');

SELECT throws_ok(format('SELECT rui.%I(NULL, ''[]'')', c.name), '22004', NULL, c.name || ' of no project') FROM command c;
SELECT throws_ok(format('SELECT rui.%I(%s, NULL)', c.name, :project), '22004', NULL, c.name || ' of nothing') FROM command c;
SELECT throws_ok(format('SELECT rui.%I(%s, ''[]'', NULL)', c.name, :project), '22004', NULL, c.name || ' with a null preview') FROM command c;
SELECT throws_ok(format('SELECT rui.%I(%s, ''{"a":1}'')', c.name, :project), '22023', NULL, c.name || ' of an object') FROM command c;
SELECT throws_ok(format('SELECT rui.%I(%s, ''[]'', false, NULL, ''infinity'')', c.name, :project), '22008', NULL, c.name || ' at infinity') FROM command c;
SELECT throws_ok(format('SELECT rui.%I(%s, ''[]'', false, '''')', c.name, :project), '22023', NULL, c.name || ' with an empty request key') FROM command c;
SELECT throws_ok(format('SELECT rui.%I(-1, ''[]'')', c.name), '42501', NULL, c.name || ' of an unknown project') FROM command c;
SELECT throws_ok(format('SELECT rui.import_units(%s, ''{"type":"FeatureCollection","features":[]}'')', :project), '22023', NULL,
	'only buildings come as a FeatureCollection');
SELECT throws_ok(format('SELECT rui.import_buildings(%s, ''{"type":"FeatureCollection","features":[],"crs":{"type":"name","properties":{"name":"EPSG:3857"}}}'')', :project),
	'22023', NULL, 'a FeatureCollection in another coordinate system');
SET LOCAL rui.party_id = '';
SELECT throws_ok(format('SELECT rui.%I(%s, ''[]'')', c.name, :project), '42501', NULL, c.name || ' by nobody') FROM command c;
SELECT * FROM finish();
ROLLBACK;
