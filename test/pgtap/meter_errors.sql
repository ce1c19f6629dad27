-- What the functions of meters refuse.
BEGIN;
SELECT plan(77);
\ir fixture/estate.sql
CREATE FUNCTION pg_temp.refused(call text, code text, about text) RETURNS text LANGUAGE sql AS $$SELECT throws_ok('SELECT rui.' || $1, $2, NULL, $3)$$;
SELECT rui.create_space(:one, 'roof', 'roof', building_id => :b1) AS roof \gset
SELECT rui.install_meter(:one, 'A', 'water', 'm3', :u1, initial => '100', digits => 5, installed_at => '2025-01-01 00:00+00') AS a \gset
SELECT rui.install_meter(:one, 'B', 'electricity', 'kWh', space_id => :roof, initial => '{"peak": 1, "valley": 2}', registers => '{peak,valley}', installed_at => '2025-01-01 00:00+00') AS b \gset
SELECT rui.record_reading(:one, :a, 200, read_at => '2025-06-01 00:00+00') AS reading \gset

SELECT pg_temp.refused(format(x.call, :one, :a, :u1, :roof), x.code, x.about) FROM (VALUES
	('install_meter(%1$s, NULL, ''water'', ''m3'', %3$s)', '22004', 'a meter without code'),
	('install_meter(%1$s, ''X'', ''steam'', ''m3'', %3$s)', '22023', 'an unknown medium'),
	('install_meter(%1$s, ''X'', ''water'', '' '', %3$s)', '22023', 'a blank unit of measure'),
	('install_meter(%1$s, ''X'', ''water'', ''m3'')', '22023', 'a meter that hangs nowhere'),
	('install_meter(%1$s, ''X'', ''water'', ''m3'', %3$s, %4$s)', '22023', 'a meter in two places'),
	('install_meter(%1$s, ''X'', ''water'', ''m3'', -1)', 'P0002', 'an unknown unit'),
	('install_meter(%1$s, ''X'', ''water'', ''m3'', space_id => -1)', 'P0002', 'an unknown place'),
	('install_meter(%1$s, ''A'', ''water'', ''m3'', %3$s)', '23P01', 'a code twice at a time'),
	('install_meter(%1$s, ''X'', ''water'', ''m3'', %3$s, registers => ''{}'')', '22023', 'no register'),
	('install_meter(%1$s, ''X'', ''water'', ''m3'', %3$s, registers => ''{a,a}'')', '22023', 'a register twice'),
	('install_meter(%1$s, ''X'', ''water'', ''m3'', %3$s, registers => ''{Peak}'')', '22023', 'a register in capitals'),
	('install_meter(%1$s, ''X'', ''water'', ''m3'', %3$s, registers => NULL)', '22004', 'null registers'),
	('install_meter(%1$s, ''X'', ''water'', ''m3'', %3$s, digits => 0)', '22003', 'no digit'),
	('install_meter(%1$s, ''X'', ''water'', ''m3'', %3$s, multiplier => 0)', '22003', 'a multiplier of nothing'),
	('install_meter(%1$s, ''X'', ''water'', ''m3'', %3$s, multiplier => ''NaN'')', '22003', 'a multiplier that is no number'),
	('install_meter(%1$s, ''X'', ''water'', ''m3'', %3$s, verified_on => ''2025-01-01'', verify_by => ''2025-01-01'')', '22023', 'due on the day it was verified'),
	('install_meter(%1$s, ''X'', ''water'', ''m3'', %3$s, verify_by => ''infinity'')', '22008', 'due never'),
	('install_meter(%1$s, ''X'', ''water'', ''m3'', %3$s, initial => ''"lots"'')', '22023', 'an initial reading in words'),
	('install_meter(%1$s, ''X'', ''water'', ''m3'', %3$s, initial => ''{"peak": 1}'')', '22023', 'of a register it has not'),
	('install_meter(%1$s, ''X'', ''water'', ''m3'', %3$s, initial => ''-1'')', '22023', 'less than nothing'),
	('install_meter(%1$s, ''X'', ''water'', ''m3'', %3$s, initial => ''100000'', digits => 5)', '22003', 'more than its digits'),
	('install_meter(%1$s, ''X'', ''water'', ''m3'', %3$s, initial => ''0.0000001'')', '22023', 'seven decimals'),
	('install_meter(%1$s, ''X'', ''water'', ''m3'', %3$s, installed_at => now() + interval ''1 day'')', '22023', 'a meter of tomorrow'),
	('install_meter(%1$s, ''X'', ''water'', ''m3'', %3$s, installed_at => ''-infinity'')', '22008', 'a meter since ever'),
	('record_reading(%1$s, %2$s, NULL)', '22004', 'no value'), ('record_reading(%1$s, NULL, 300)', '22004', 'no meter'),
	('record_reading(%1$s, -1, 300)', 'P0002', 'an unknown meter'), ('record_reading(%1$s, %2$s, 300, ''peak'')', 'P0002', 'an unknown register'),
	('record_reading(%1$s, %2$s, 300, NULL)', '22004', 'no register'), ('record_reading(%1$s, %2$s, -1)', '22003', 'below 0'),
	('record_reading(%1$s, %2$s, ''NaN'')', '22003', 'no number'), ('record_reading(%1$s, %2$s, ''Infinity'')', '22003', 'too much'),
	('record_reading(%1$s, %2$s, 300.0000001)', '22023', 'a value of seven decimals'), ('record_reading(%1$s, %2$s, 300, kind => ''final'')', '22023', 'a final one'),
	('record_reading(%1$s, %2$s, 300, kind => NULL)', '22023', 'no kind'), ('record_reading(%1$s, %2$s, 300, source => ''rumour'')', '22023', 'an unknown source'),
	('record_reading(%1$s, %2$s, 300, is_rollover => NULL)', '22004', 'perhaps begun again'), ('record_reading(%1$s, %2$s, 300, remark => '' '')', '22023', 'a blank remark'),
	('record_reading(%1$s, %2$s, 300, read_at => now() + interval ''1 minute'')', '22023', 'what will be read'), ('record_reading(%1$s, %2$s, 300, read_at => ''infinity'')', '22008', 'what is never read'),
	('record_reading(%1$s, %2$s, 300, read_at => ''2024-12-31 00:00+00'')', '22023', 'before it hung there'), ('record_reading(%1$s, %2$s, 300, document_id => 1)', 'P0002', 'a photo that is not there'),
	('record_reading(%1$s, %2$s, 5, kind => ''estimate'', is_rollover => true)', '22023', 'an estimate that begins again'),
	('remove_meter(%1$s, %2$s, NULL)', '22004', 'taken away unread'), ('remove_meter(%1$s, NULL, ''1'')', '22004', 'nothing taken away'), ('remove_meter(%1$s, -1, ''1'')', 'P0002', 'what does not hang'),
	('remove_meter(%1$s, %2$s, ''150'')', 'RU101', 'a final reading that falls'), ('remove_meter(%1$s, %2$s, ''300'', ''2025-05-01 00:00+00'')', '55000', 'before it was read'),
	('remove_meter(%1$s, %2$s, ''300'', ''2025-01-01 00:00+00'')', '22023', 'as soon as it hung'), ('remove_meter(%1$s, %2$s, ''300'', now() + interval ''1 day'')', '22023', 'tomorrow'),
	('replace_meter(%1$s, %2$s, ''300'', NULL)', '22004', 'exchanged for one unread'), ('replace_meter(%1$s, %2$s, ''300'', ''{"peak": 0}'')', '22023', 'for one with other registers, unsaid'),
	('replace_meter(%1$s, %2$s, ''300'', ''0'', digits => 99)', '22003', 'for one of 99 digits'), ('replace_meter(%1$s, %2$s, ''300'', ''0'', '' '')', '22023', 'for one with a blank number'),
	('verify_meter(%1$s, -1, ''2025-01-01'')', 'P0002', 'an unknown meter verified'), ('verify_meter(%1$s, %2$s, NULL)', '22004', 'verified some day'),
	('set_meter_rule(%1$s, ''steam'')', '22023', 'a rule of nothing known'), ('set_meter_rule(%1$s, ''water'', 1)', '22003', 'once the usual'), ('set_meter_rule(%1$s, ''water'', ''NaN'')', '22003', 'no number of times'),
	('set_meter_rule(%1$s, ''water'', NULL)', '22004', 'no number at all'), ('set_meter_rule(%1$s, ''water'', history_days => 0)', '22003', 'no history'), ('set_meter_rule(%1$s, ''water'', idle_below => 0)', '22003', 'below nothing'),
	('estimate_readings(%1$s, ''2025-06-02'')', '22023', 'no first day'), ('estimate_readings(%1$s, NULL)', '22004', 'no month'), ('estimate_readings(%1$s, ''2199-01-01'')', '22023', 'a month to come'),
	('estimate_readings(%1$s, ''2025-06-01'', ''steam'')', '22023', 'estimates of nothing known'),
	('meter_use(%1$s, %2$s, ''2025-01-01'', ''2025-01-01'')', '22023', 'use of no time'), ('meter_use(%1$s, %2$s, NULL, ''2025-01-01'')', '22004', 'use since nobody knows'),
	('meter_use(%1$s, -1, ''2025-01-01'', ''2025-02-01'')', 'P0002', 'use of an unknown meter'), ('meter_uses(%1$s, ''2025-01-01'', ''2025-02-01'', interpolated => NULL)', '22004', 'perhaps interpolated'),
	('meter_uses(%1$s, ''2025-01-01'', ''infinity'')', '22008', 'use for ever')
) AS x(call, code, about);
SELECT pg_temp.refused(format('correct_reading(%s, %s, 210, '' '')', :one, :reading), '22023', 'a correction without a reason');
SELECT pg_temp.refused(format('refuse_reading(%s, %s, ''x'')', :one, :reading), '55000', 'what was read is not refused');
SELECT pg_temp.refused(format('confirm_reading(%s, %s)', :one, :reading), '55000', 'nor confirmed');
SELECT pg_temp.refused(format('record_reading(%s, %s, 300)', :two, :a), 'P0002', 'a meter of another project');
SET LOCAL rui.party_id = :'accountant';
SELECT pg_temp.refused(format('record_reading(%s, %s, 300)', :one, :a), '42501', 'an accountant reads no meters');
SET LOCAL rui.party_id = '';
SELECT pg_temp.refused(format('meter_uses(%s, ''2025-01-01'', ''2025-02-01'')', :one), '42501', 'nobody sees anything');
SELECT * FROM finish();
ROLLBACK;
