-- The ground of walks and grids as whole objects: out as CSV and in again.

PERFORM rui._declare_master('street', 'import_streets', '{code,name,kind,is_closed,is_bridge,line}', '{}', 'export_estate', 'manage_estate', $$
	SELECT s.project_id, s.id AS row_id, s.code, s.name, s.kind, s.is_closed, s.is_bridge, ST_AsEWKT(s.line) AS line FROM rui.street s$$);
PERFORM rui._declare_master('barrier', 'import_barriers', '{code,name,kind,permeability,line}', '{}', 'export_estate', 'manage_estate', $$
	SELECT b.project_id, b.id AS row_id, b.code, b.name, b.kind, b.permeability, ST_AsEWKT(b.line) AS line FROM rui.barrier b$$);
PERFORM rui._declare_master('passage', 'import_passages', '{code,name,kind,is_closed,reach_m,place}', '{}', 'export_estate', 'manage_estate', $$
	SELECT p.project_id, p.id AS row_id, p.code, p.name, p.kind, p.is_closed, p.reach_m, ST_AsEWKT(p.place) AS place FROM rui.passage p$$);
PERFORM rui._declare_master('building_load', 'import_building_loads', '{building,kind,amount}', '{}', 'export_estate', 'manage_estate', $$
	SELECT l.project_id, l.building_id AS row_id, b.code AS building, l.kind, l.amount
	FROM rui.building_load l JOIN rui.building b ON b.project_id = l.project_id AND b.id = l.building_id$$);

-- Of a street people know whether it is open; an archive of its own would
-- say the same twice.
PERFORM rui._declare_bulk('street', 'manage_estate', '{name,kind,is_closed,is_bridge}');
PERFORM rui._declare_bulk('barrier', 'manage_estate', '{name,kind,permeability}');
PERFORM rui._declare_bulk('passage', 'manage_estate', '{name,kind,is_closed,reach_m}');
