-- The triggers that keep the keys of search, a statement at a time.

CREATE FUNCTION rui._search_unit_new() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui._index_units(array_agg(n.project_id), array_agg(n.id)) FROM new_rows n HAVING count(*) > 0;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION rui._search_unit_new() IS 'Statement trigger of rui.unit: keys of units that came or changed.';

CREATE FUNCTION rui._search_unit_old() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui._index_units(array_agg(o.project_id), array_agg(o.id)) FROM old_rows o HAVING count(*) > 0;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION rui._search_unit_old() IS 'Statement trigger of rui.unit: keys of units that went.';

CREATE FUNCTION rui._search_building_new() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui._index_buildings(array_agg(n.project_id), array_agg(n.id)) FROM new_rows n HAVING count(*) > 0;
	PERFORM rui._index_units(array_agg(u.project_id), array_agg(u.id))
	FROM new_rows n JOIN rui.unit u ON u.project_id = n.project_id AND u.building_id = n.id HAVING count(*) > 0;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION rui._search_building_new() IS
'Statement trigger of rui.building: keys of buildings that came or changed, and of their units, whose numbers may begin with the building.';

CREATE FUNCTION rui._search_building_old() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui._index_buildings(array_agg(o.project_id), array_agg(o.id)) FROM old_rows o HAVING count(*) > 0;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION rui._search_building_old() IS 'Statement trigger of rui.building: keys of buildings that went.';

CREATE FUNCTION rui._search_party_new() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui._index_people(array_agg(k.project_id), array_agg(k.party_id))
	FROM (SELECT DISTINCT k.project_id, k.party_id FROM new_rows n JOIN rui.person_key k ON k.party_id = n.id) k HAVING count(*) > 0;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION rui._search_party_new() IS 'Statement trigger of rui.party: keys of people who changed, in all their projects.';

CREATE FUNCTION rui._search_party_old() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	DELETE FROM rui.person_key k USING old_rows o WHERE k.party_id = o.id;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION rui._search_party_old() IS 'Statement trigger of rui.party: keys of people who are gone.';

CREATE FUNCTION rui._search_contact_new() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	-- Held before it is looked where they are known: who moves in meanwhile waits.
	PERFORM FROM rui.party p WHERE p.id IN (SELECT n.party_id FROM new_rows n WHERE n.kind = 'phone') ORDER BY p.id FOR NO KEY UPDATE;
	PERFORM rui._index_people(array_agg(k.project_id), array_agg(k.party_id))
	FROM (SELECT DISTINCT k.project_id, k.party_id FROM new_rows n JOIN rui.person_key k ON k.party_id = n.party_id
		WHERE n.kind = 'phone') k HAVING count(*) > 0;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION rui._search_contact_new() IS 'Statement trigger of rui.contact_point: keys of people who have another phone.';

CREATE FUNCTION rui._search_contact_old() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM FROM rui.party p WHERE p.id IN (SELECT o.party_id FROM old_rows o WHERE o.kind = 'phone') ORDER BY p.id FOR NO KEY UPDATE;
	PERFORM rui._index_people(array_agg(k.project_id), array_agg(k.party_id))
	FROM (SELECT DISTINCT k.project_id, k.party_id FROM old_rows o JOIN rui.person_key k ON k.party_id = o.party_id
		WHERE o.kind = 'phone') k HAVING count(*) > 0;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION rui._search_contact_old() IS 'Statement trigger of rui.contact_point: keys of people who lost a phone, or whose it was not.';

CREATE FUNCTION rui._search_link_new() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui._link_people(array_agg(n.project_id), array_agg(n.party_id)) FROM new_rows n HAVING count(*) > 0;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION rui._search_link_new() IS
'Statement trigger of tables that say whose a project is (rui.occupancy, rui.membership): keys of people who are new there.';

CREATE FUNCTION rui._search_link_old() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui._unlink_people(array_agg(o.project_id), array_agg(o.party_id)) FROM old_rows o HAVING count(*) > 0;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION rui._search_link_old() IS
'Statement trigger of tables that say whose a project is: takes the keys of people of whom nothing speaks there any more.';

CREATE FUNCTION rui._search_owner_new() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui._link_people(array_agg(n.project_id), array_agg(o.party_id))
	FROM new_rows n CROSS JOIN LATERAL unnest(n.owner_ids) AS o(party_id) HAVING count(*) > 0;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION rui._search_owner_new() IS 'Statement trigger of rui.ownership: keys of owners who are new in the project.';

CREATE FUNCTION rui._search_owner_old() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui._unlink_people(array_agg(r.project_id), array_agg(o.party_id))
	FROM old_rows r CROSS JOIN LATERAL unnest(r.owner_ids) AS o(party_id) HAVING count(*) > 0;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION rui._search_owner_old() IS
'Statement trigger of rui.ownership: takes the keys of owners of whom nothing speaks in the project any more.';

CREATE TRIGGER search_insert AFTER INSERT ON rui.unit REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION rui._search_unit_new();
CREATE TRIGGER search_update AFTER UPDATE ON rui.unit REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION rui._search_unit_new();
CREATE TRIGGER search_delete AFTER DELETE ON rui.unit REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION rui._search_unit_old();
CREATE TRIGGER search_insert AFTER INSERT ON rui.building REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION rui._search_building_new();
CREATE TRIGGER search_update AFTER UPDATE ON rui.building REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION rui._search_building_new();
CREATE TRIGGER search_delete AFTER DELETE ON rui.building REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION rui._search_building_old();
CREATE TRIGGER search_update AFTER UPDATE ON rui.party REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION rui._search_party_new();
CREATE TRIGGER search_delete AFTER DELETE ON rui.party REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION rui._search_party_old();
CREATE TRIGGER search_insert AFTER INSERT ON rui.contact_point REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION rui._search_contact_new();
CREATE TRIGGER search_update AFTER UPDATE ON rui.contact_point REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION rui._search_contact_new();
CREATE TRIGGER search_update_from AFTER UPDATE ON rui.contact_point REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION rui._search_contact_old();
CREATE TRIGGER search_delete AFTER DELETE ON rui.contact_point REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION rui._search_contact_old();
CREATE TRIGGER search_insert AFTER INSERT ON rui.occupancy REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION rui._search_link_new();
CREATE TRIGGER search_update AFTER UPDATE ON rui.occupancy REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION rui._search_link_new();
CREATE TRIGGER search_update_from AFTER UPDATE ON rui.occupancy REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION rui._search_link_old();
CREATE TRIGGER search_delete AFTER DELETE ON rui.occupancy REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION rui._search_link_old();
CREATE TRIGGER search_insert AFTER INSERT ON rui.membership REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION rui._search_link_new();
CREATE TRIGGER search_update AFTER UPDATE ON rui.membership REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION rui._search_link_new();
CREATE TRIGGER search_update_from AFTER UPDATE ON rui.membership REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION rui._search_link_old();
CREATE TRIGGER search_delete AFTER DELETE ON rui.membership REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION rui._search_link_old();
CREATE TRIGGER search_insert AFTER INSERT ON rui.ownership REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION rui._search_owner_new();
CREATE TRIGGER search_update AFTER UPDATE ON rui.ownership REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION rui._search_owner_new();
CREATE TRIGGER search_update_from AFTER UPDATE ON rui.ownership REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION rui._search_owner_old();
CREATE TRIGGER search_delete AFTER DELETE ON rui.ownership REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION rui._search_owner_old();
