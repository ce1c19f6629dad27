# Sourced by the benchmarks: measuring, medians, rows.
#
#   sql_ms DATABASE_TEXT...        milliseconds that psql -c takes for all statements together
#   pgbench_tps ARGUMENT...        transactions a second
#   pairs COUNT OURS PEER          runs the two shell functions in turn, COUNT times;
#                                  sets ours, peer (medians) and ratio (median of the pairs' ratios)
#   row WHAT UNIT TARGET COMMAND   writes a row from ours, peer, ratio
set -eu -o pipefail

sql_ms() {
	local arguments=(-X -q -At -v ON_ERROR_STOP=1 -c '\timing on') statement
	for statement in "$@"; do
		arguments+=(-c "$statement")
	done
	psql "${arguments[@]}" | awk '/^Time: / { total += $2 } END { printf "%.3f\n", total }'
}

pgbench_tps() {
	pgbench -n "$@" 2>/dev/null | awk '/^tps = / { printf "%.2f\n", $3 }'
}

median() {
	sort -g | awk '{ value[NR] = $1 }
		END { if (NR % 2) print value[(NR + 1) / 2]; else print (value[NR / 2] + value[NR / 2 + 1]) / 2 }'
}

# The order alternates, so that drift of the machine hits both alike.
pairs() {
	local count=$1 ours_function=$2 peer_function=$3 i a b
	local ours_all='' peer_all='' ratio_all=''
	for ((i = 0; i < count; i++)); do
		if ((i % 2 == 0)); then
			a=$($ours_function)
			b=$($peer_function)
		else
			b=$($peer_function)
			a=$($ours_function)
		fi
		ours_all+="$a"$'\n' peer_all+="$b"$'\n'
		ratio_all+="$(awk -v a="$a" -v b="$b" 'BEGIN { printf "%.6f", a / b }')"$'\n'
	done
	ours=$(printf %s "$ours_all" | median)
	peer=$(printf %s "$peer_all" | median)
	ratio=$(printf %s "$ratio_all" | median)
	pair_count=$count
}

row() {
	local what=$1 unit=$2 target=$3 command=$4 line
	line=$(awk -v what="$what" -v unit="$unit" -v target="$target" -v ours="$ours" -v peer="$peer" \
		-v ratio="$ratio" -v count="$pair_count" 'BEGIN {
			printf "%s | %.4g %s | %.4g %s | %.2f | %s | %d", what, ours, unit, peer, unit, ratio, target, count }')
	echo "$line"
	printf '%s | %s\n' "$line" "$command" >>"${RUI_BENCH_ROWS:-/dev/null}"
}
