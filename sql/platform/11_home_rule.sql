-- Homes and their people agree at every instant, whoever changes what at the
-- same time: occupancies lie in the unit and the time of their household, and
-- owners are parties of the company. What one row says of another is checked
-- by whoever changes either, with the other one locked.

ALTER TABLE rui.household ADD CONSTRAINT household_of_unit UNIQUE (project_id, id, unit_id);
ALTER TABLE rui.occupancy ADD CONSTRAINT occupancy_of_unit FOREIGN KEY (project_id, household_id, unit_id)
	REFERENCES rui.household (project_id, id, unit_id);
CREATE INDEX occupancy_by_household ON rui.occupancy (project_id, household_id);

CREATE FUNCTION rui._require_read_committed(what text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	-- An older snapshot would not show what others have added meanwhile.
	IF current_setting('transaction_isolation') <> 'read committed' THEN
		RAISE EXCEPTION '% in a transaction of isolation level read committed only', what
			USING ERRCODE = 'invalid_transaction_state', HINT = 'BEGIN ISOLATION LEVEL READ COMMITTED, which is the default.';
	END IF;
END
$$;
COMMENT ON FUNCTION rui._require_read_committed(text) IS
'Internal: for checks that must see what others have committed until now: 25000 in transactions that look at the past.';

CREATE FUNCTION rui._check_occupancy() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	fault record;
BEGIN
	-- Nobody changes these households before we are done; then they are read
	-- as whoever changed them before has left them.
	PERFORM FROM rui.household h
	WHERE (h.project_id, h.id) IN (SELECT n.project_id, n.household_id FROM new_rows n)
	ORDER BY h.project_id, h.id
	FOR SHARE;
	SELECT n.id, n.valid, h.id AS household_id, h.valid AS lived INTO fault
	FROM new_rows n JOIN rui.household h ON h.project_id = n.project_id AND h.id = n.household_id
	WHERE NOT n.valid <@ h.valid
	ORDER BY n.id LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'occupancy % is not within the time of household %', fault.id, fault.household_id
			USING ERRCODE = 'check_violation', DETAIL = format('It lasts %s, the household %s.', fault.valid, fault.lived),
				HINT = 'People live in a home while their household does.';
	END IF;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION rui._check_occupancy() IS
'Internal: statement trigger of rui.occupancy: 23514 for one that does not lie in the time of its household.';
CREATE TRIGGER check_inserted AFTER INSERT ON rui.occupancy REFERENCING NEW TABLE AS new_rows
	FOR EACH STATEMENT EXECUTE FUNCTION rui._check_occupancy();
CREATE TRIGGER check_updated AFTER UPDATE ON rui.occupancy REFERENCING NEW TABLE AS new_rows
	FOR EACH STATEMENT EXECUTE FUNCTION rui._check_occupancy();

CREATE FUNCTION rui._check_household() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	fault record;
BEGIN
	PERFORM rui._require_read_committed('the time of a household is changed');
	SELECT o.id, o.valid INTO fault FROM rui.occupancy o
	WHERE o.project_id = NEW.project_id AND o.household_id = NEW.id AND NOT o.valid <@ NEW.valid
	ORDER BY o.id LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'occupancy % is not within the time of household %', fault.id, NEW.id
			USING ERRCODE = 'check_violation', DETAIL = format('It lasts %s, the household %s.', fault.valid, NEW.valid),
				HINT = 'End the occupancies first, then the household; begin them in the other order.';
	END IF;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION rui._check_household() IS
'Internal: row trigger of rui.household: 23514 when its new time leaves an occupancy outside, 25000 in a transaction that could not see it.';
CREATE TRIGGER check_occupancies AFTER UPDATE OF valid ON rui.household FOR EACH ROW
	WHEN (NOT NEW.valid @> OLD.valid) EXECUTE FUNCTION rui._check_household();

CREATE FUNCTION rui._check_ownership() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	fault record;
BEGIN
	PERFORM FROM rui.party p
	WHERE p.id IN (SELECT w.id FROM new_rows n CROSS JOIN LATERAL unnest(n.owner_ids) AS w(id))
	ORDER BY p.id
	FOR KEY SHARE;
	SELECT n.unit_id, w.id AS owner_id, n.project_id INTO fault
	FROM new_rows n
	CROSS JOIN LATERAL unnest(n.owner_ids) AS w(id)
	JOIN rui.project j ON j.id = n.project_id
	LEFT JOIN rui.party p ON p.id = w.id AND p.company_id = j.company_id
	WHERE p.id IS NULL
	ORDER BY n.unit_id, w.id LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'owner % of unit % is no party of the company of project %', fault.owner_id, fault.unit_id, fault.project_id
			USING ERRCODE = 'foreign_key_violation', HINT = 'Import the party first.';
	END IF;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION rui._check_ownership() IS
'Internal: statement trigger of rui.ownership: 23503 for an owner who is no party of the project''s company.';
CREATE TRIGGER check_inserted AFTER INSERT ON rui.ownership REFERENCING NEW TABLE AS new_rows
	FOR EACH STATEMENT EXECUTE FUNCTION rui._check_ownership();
CREATE TRIGGER check_updated AFTER UPDATE ON rui.ownership REFERENCING NEW TABLE AS new_rows
	FOR EACH STATEMENT EXECUTE FUNCTION rui._check_ownership();

CREATE FUNCTION rui._keep_owner() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	owned bigint;
BEGIN
	PERFORM rui._require_read_committed('a party is removed or renumbered');
	SELECT o.unit_id INTO owned FROM rui.ownership o
	JOIN rui.project j ON j.id = o.project_id AND j.company_id = OLD.company_id
	WHERE OLD.id = ANY (o.owner_ids)
	ORDER BY o.unit_id LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'party % owns or owned unit %', OLD.id, owned
			USING ERRCODE = 'foreign_key_violation', HINT = 'Whoever has owned something stays a party of its company.';
	END IF;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION rui._keep_owner() IS
'Internal: row trigger of rui.party: 23503 when an owner would be removed, get another id, or go to another company.';
CREATE TRIGGER keep_owner_deleted AFTER DELETE ON rui.party FOR EACH ROW EXECUTE FUNCTION rui._keep_owner();
CREATE TRIGGER keep_owner_moved AFTER UPDATE OF id, company_id ON rui.party FOR EACH ROW
	WHEN (OLD.id <> NEW.id OR OLD.company_id <> NEW.company_id) EXECUTE FUNCTION rui._keep_owner();

-- Whom what is decided about homes concerns.
CREATE FUNCTION rui._people_of_home(project_id bigint, unit_ids bigint[], days daterange) RETURNS bigint[]
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN ARRAY(
		SELECT o.party_id FROM rui.occupancy o
		WHERE o.project_id = _people_of_home.project_id AND o.unit_id = ANY (unit_ids) AND o.valid && days
		UNION
		SELECT unnest(w.owner_ids) FROM rui.ownership w
		WHERE w.project_id = _people_of_home.project_id AND w.unit_id = ANY (unit_ids) AND w.valid && days
		ORDER BY 1);
END
$$;
COMMENT ON FUNCTION rui._people_of_home(bigint, bigint[], daterange) IS
'Internal: who lives in one of the units or owns one on any of some days, ascending; nobody for no unit.';
