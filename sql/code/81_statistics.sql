-- Statistics: shares and means with intervals, agreement of raters, queues.
-- States are plain arrays, so that aggregates run in parallel and distributed.

CREATE FUNCTION rui._wilson_add(double precision[], boolean) RETURNS double precision[]
AS 'MODULE_PATHNAME', 'rui_wilson_add' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui._wilson_add(double precision[], boolean) IS
'Internal: transition of rui.wilson_low and rui.wilson_high; state {trials, hits, z}.';
CREATE FUNCTION rui._wilson_add(double precision[], boolean, double precision) RETURNS double precision[]
AS 'MODULE_PATHNAME', 'rui_wilson_add_z' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui._wilson_add(double precision[], boolean, double precision) IS
'Internal: transition of rui.wilson_low and rui.wilson_high with z.';
CREATE FUNCTION rui._wilson_merge(double precision[], double precision[]) RETURNS double precision[]
AS 'MODULE_PATHNAME', 'rui_wilson_merge' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui._wilson_merge(double precision[], double precision[]) IS
'Internal: combines states of rui.wilson_low and rui.wilson_high.';
CREATE FUNCTION rui._wilson_low(double precision[]) RETURNS double precision
AS 'MODULE_PATHNAME', 'rui_wilson_low' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui._wilson_low(double precision[]) IS
'Internal: lower bound of a state of rui.wilson_low.';
CREATE FUNCTION rui._wilson_high(double precision[]) RETURNS double precision
AS 'MODULE_PATHNAME', 'rui_wilson_high' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui._wilson_high(double precision[]) IS
'Internal: upper bound of a state of rui.wilson_high.';
CREATE AGGREGATE rui.wilson_low(boolean) (
	SFUNC = rui._wilson_add, STYPE = double precision[], INITCOND = '{0,0,1.959963984540054}', COMBINEFUNC = rui._wilson_merge,
	FINALFUNC = rui._wilson_low, PARALLEL = SAFE
);
COMMENT ON AGGREGATE rui.wilson_low(boolean) IS
'The lower bound, from 0 to 1, of the 95 % score interval of the share of true values (Wilson, Journal of the American Statistical Association 22, 1927). Nulls are left out; null for no values.';
CREATE AGGREGATE rui.wilson_low(boolean, double precision) (
	SFUNC = rui._wilson_add, STYPE = double precision[], INITCOND = '{0,0,-1}', COMBINEFUNC = rui._wilson_merge,
	FINALFUNC = rui._wilson_low, PARALLEL = SAFE
);
COMMENT ON AGGREGATE rui.wilson_low(boolean, double precision) IS
'As rui.wilson_low(boolean), with z, the quantile of the normal distribution, as second argument: 1.6449 for 90 %, 2.5758 for 99 %; the same in all rows. Errors: 22023 a negative or differing z; 22003 z not finite.';
CREATE AGGREGATE rui.wilson_high(boolean) (
	SFUNC = rui._wilson_add, STYPE = double precision[], INITCOND = '{0,0,1.959963984540054}', COMBINEFUNC = rui._wilson_merge,
	FINALFUNC = rui._wilson_high, PARALLEL = SAFE
);
COMMENT ON AGGREGATE rui.wilson_high(boolean) IS
'The upper bound, from 0 to 1, of the 95 % score interval of the share of true values (Wilson, Journal of the American Statistical Association 22, 1927). Nulls are left out; null for no values.';
CREATE AGGREGATE rui.wilson_high(boolean, double precision) (
	SFUNC = rui._wilson_add, STYPE = double precision[], INITCOND = '{0,0,-1}', COMBINEFUNC = rui._wilson_merge,
	FINALFUNC = rui._wilson_high, PARALLEL = SAFE
);
COMMENT ON AGGREGATE rui.wilson_high(boolean, double precision) IS
'As rui.wilson_high(boolean), with z, the quantile of the normal distribution, as second argument: 1.6449 for 90 %, 2.5758 for 99 %; the same in all rows. Errors: 22023 a negative or differing z; 22003 z not finite.';

CREATE FUNCTION rui._shrunk_add(double precision[], double precision, double precision, double precision) RETURNS double precision[]
AS 'MODULE_PATHNAME', 'rui_shrunk_add' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION rui._shrunk_add(double precision[], double precision, double precision, double precision) IS
'Internal: transition of rui.shrunk_mean, rui.shrunk_low and rui.shrunk_high; state {count, sum, squared deviations, prior mean, prior weight}.';
CREATE FUNCTION rui._shrunk_merge(double precision[], double precision[]) RETURNS double precision[]
AS 'MODULE_PATHNAME', 'rui_shrunk_merge' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui._shrunk_merge(double precision[], double precision[]) IS
'Internal: combines states of rui.shrunk_mean, rui.shrunk_low and rui.shrunk_high.';
CREATE FUNCTION rui._shrunk_mean(double precision[]) RETURNS double precision
AS 'MODULE_PATHNAME', 'rui_shrunk_mean' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui._shrunk_mean(double precision[]) IS
'Internal: result of a state of rui.shrunk_mean.';
CREATE FUNCTION rui._shrunk_low(double precision[]) RETURNS double precision
AS 'MODULE_PATHNAME', 'rui_shrunk_low' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui._shrunk_low(double precision[]) IS
'Internal: result of a state of rui.shrunk_low.';
CREATE FUNCTION rui._shrunk_high(double precision[]) RETURNS double precision
AS 'MODULE_PATHNAME', 'rui_shrunk_high' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui._shrunk_high(double precision[]) IS
'Internal: result of a state of rui.shrunk_high.';
CREATE AGGREGATE rui.shrunk_mean(double precision, double precision, double precision) (
	SFUNC = rui._shrunk_add, STYPE = double precision[], INITCOND = '{0,0,0,0,-1}', COMBINEFUNC = rui._shrunk_merge,
	FINALFUNC = rui._shrunk_mean, PARALLEL = SAFE
);
COMMENT ON AGGREGATE rui.shrunk_mean(double precision, double precision, double precision) IS
'(sum + m × k) / (n + k) of (value, prior_mean m, prior_weight k): the mean of the n values and of k more that equal the prior mean, so that a few values do not make an extreme. Null values are left out; the prior mean where there are none; null when n + k is 0. The prior is the same in all rows. Errors: 22023 a negative weight or a differing prior; 22003 numbers that are not finite.';
CREATE AGGREGATE rui.shrunk_low(double precision, double precision, double precision) (
	SFUNC = rui._shrunk_add, STYPE = double precision[], INITCOND = '{0,0,0,0,-1}', COMBINEFUNC = rui._shrunk_merge,
	FINALFUNC = rui._shrunk_low, PARALLEL = SAFE
);
COMMENT ON AGGREGATE rui.shrunk_low(double precision, double precision, double precision) IS
'The lower bound of a 95 % interval of rui.shrunk_mean (value, prior_mean, prior_weight k): the shrunk mean - 1.96 × s / sqrt(n + k), s the standard deviation of the n values (divisor n - 1), by the normal approximation. Null for fewer than two values, whose spread is not known. Errors as rui.shrunk_mean.';
CREATE AGGREGATE rui.shrunk_high(double precision, double precision, double precision) (
	SFUNC = rui._shrunk_add, STYPE = double precision[], INITCOND = '{0,0,0,0,-1}', COMBINEFUNC = rui._shrunk_merge,
	FINALFUNC = rui._shrunk_high, PARALLEL = SAFE
);
COMMENT ON AGGREGATE rui.shrunk_high(double precision, double precision, double precision) IS
'The upper bound of a 95 % interval of rui.shrunk_mean (value, prior_mean, prior_weight k): the shrunk mean + 1.96 × s / sqrt(n + k), s the standard deviation of the n values (divisor n - 1), by the normal approximation. Null for fewer than two values, whose spread is not known. Errors as rui.shrunk_mean.';

CREATE FUNCTION rui._kappa_add(bigint[], integer, integer) RETURNS bigint[]
AS 'MODULE_PATHNAME', 'rui_kappa_add' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui._kappa_add(bigint[], integer, integer) IS
'Internal: transition of rui.kappa; state {first, second, count, …} of the different pairs in order.';
CREATE FUNCTION rui._kappa_merge(bigint[], bigint[]) RETURNS bigint[]
AS 'MODULE_PATHNAME', 'rui_kappa_merge' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui._kappa_merge(bigint[], bigint[]) IS
'Internal: combines states of rui.kappa.';
CREATE FUNCTION rui._kappa(bigint[]) RETURNS double precision
AS 'MODULE_PATHNAME', 'rui_kappa' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui._kappa(bigint[]) IS
'Internal: result of a state of rui.kappa.';
CREATE AGGREGATE rui.kappa(integer, integer) (
	SFUNC = rui._kappa_add, STYPE = bigint[], INITCOND = '{}', COMBINEFUNC = rui._kappa_merge,
	FINALFUNC = rui._kappa, PARALLEL = SAFE
);
COMMENT ON AGGREGATE rui.kappa(integer, integer) IS
'Agreement of two raters beyond chance, from the categories each gave: 1 is full, 0 that of chance, below 0 less (Cohen, Educational and Psychological Measurement 20, 1960). Pairs with a null are left out; null for no pairs, and where both always gave one and the same category. Error 54000 for more than 10000 different pairs.';
CREATE FUNCTION rui._weighted_kappa_add(bigint[], integer, integer) RETURNS bigint[]
AS 'MODULE_PATHNAME', 'rui_weighted_kappa_add' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui._weighted_kappa_add(bigint[], integer, integer) IS
'Internal: transition of rui.weighted_kappa; state {pairs, sum of first, sum of second, sum of squares, sum of squared differences}.';
CREATE FUNCTION rui._weighted_kappa_merge(bigint[], bigint[]) RETURNS bigint[]
AS 'MODULE_PATHNAME', 'rui_weighted_kappa_merge' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui._weighted_kappa_merge(bigint[], bigint[]) IS
'Internal: combines states of rui.weighted_kappa.';
CREATE FUNCTION rui._weighted_kappa(bigint[]) RETURNS double precision
AS 'MODULE_PATHNAME', 'rui_weighted_kappa' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui._weighted_kappa(bigint[]) IS
'Internal: result of a state of rui.weighted_kappa.';
CREATE AGGREGATE rui.weighted_kappa(integer, integer) (
	SFUNC = rui._weighted_kappa_add, STYPE = bigint[], INITCOND = '{0,0,0,0,0}', COMBINEFUNC = rui._weighted_kappa_merge,
	FINALFUNC = rui._weighted_kappa, PARALLEL = SAFE
);
COMMENT ON AGGREGATE rui.weighted_kappa(integer, integer) IS
'Agreement of two raters on an ordered scale beyond chance, disagreement counting by the square of the difference (Cohen, Psychological Bulletin 70, 1968, quadratic weights). Pairs with a null are left out; null for no pairs, and where both always gave one and the same rating. Error 22003 when sums of squares exceed 2^63.';

CREATE FUNCTION rui.erlang_c(calls_per_hour double precision, handle_seconds double precision, agents integer) RETURNS double precision
AS 'MODULE_PATHNAME', 'rui_erlang_c' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION rui.erlang_c(double precision, double precision, integer) IS
'The share of calls, from 0 to 1, that must wait for one of so many agents (Erlang C: random arrivals, nobody hangs up); 1 where the agents cannot keep up with calls_per_hour of handle_seconds each. Errors: 22023 numbers that are negative or not finite; 54000 more than 1000000 agents or as many kept busy.';
CREATE FUNCTION rui.agents_needed(calls_per_hour double precision, handle_seconds double precision, target_share double precision, within_seconds double precision) RETURNS integer
AS 'MODULE_PATHNAME', 'rui_agents_needed' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION rui.agents_needed(double precision, double precision, double precision, double precision) IS
'The fewest agents with which target_share of the calls are answered within within_seconds, by Erlang C: agents_needed(200, 180, 0.8, 20) is 14. Errors: 22023 numbers that are negative or not finite, target_share not below 1; 54000 more than 1000000 agents kept busy.';
