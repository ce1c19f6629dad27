-- Geodesy: geometries in the coordinates that Chinese maps show
-- (src/core/geodesy.h, src/pg/geodesy.c).

CREATE FUNCTION rui.wgs84_to_gcj02(geometry) RETURNS geometry
AS 'MODULE_PATHNAME', 'rui_wgs84_to_gcj02' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION rui.wgs84_to_gcj02(geometry) IS
'A geometry of any kind in degrees of WGS 84, moved to GCJ-02, the coordinates that maps of mainland China show (a few hundred metres away). Vertices in the rectangle of longitudes 72.004 to 137.8347 and latitudes 0.8293 to 55.8271 are shifted, others stay; Z, M and SRID are kept. Errors: 22023 for an SRID other than 4326 and 0, 22003 for a vertex that is not finite or outside the world.';

CREATE FUNCTION rui.gcj02_to_wgs84(geometry) RETURNS geometry
AS 'MODULE_PATHNAME', 'rui_gcj02_to_wgs84' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 80;
COMMENT ON FUNCTION rui.gcj02_to_wgs84(geometry) IS
'The way back from rui.wgs84_to_gcj02, exact to 1e-11 degrees: a geometry of any kind in GCJ-02, moved to WGS 84. Vertices to which a place of the rectangle is shifted return to that place, others stay; Z, M and SRID are kept. Errors: 22023 for an SRID other than 4326 and 0, 22003 for a vertex that is not finite or outside the world.';

CREATE FUNCTION rui.wgs84_to_bd09(geometry) RETURNS geometry
AS 'MODULE_PATHNAME', 'rui_wgs84_to_bd09' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 25;
COMMENT ON FUNCTION rui.wgs84_to_bd09(geometry) IS
'A geometry of any kind in degrees of WGS 84, moved to BD-09, the coordinates of Baidu''s maps. Vertices in the rectangle of longitudes 72.004 to 137.8347 and latitudes 0.8293 to 55.8271 are shifted, others stay; Z, M and SRID are kept. Errors: 22023 for an SRID other than 4326 and 0, 22003 for a vertex that is not finite or outside the world.';

CREATE FUNCTION rui.bd09_to_wgs84(geometry) RETURNS geometry
AS 'MODULE_PATHNAME', 'rui_bd09_to_wgs84' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION rui.bd09_to_wgs84(geometry) IS
'The way back from rui.wgs84_to_bd09, exact to 1e-11 degrees: a geometry of any kind in BD-09, moved to WGS 84. Vertices to which a place of the rectangle is shifted return to that place, others stay; Z, M and SRID are kept. Errors: 22023 for an SRID other than 4326 and 0, 22003 for a vertex that is not finite or outside the world.';
