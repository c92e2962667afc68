# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The table that benchmarks end with. $rows is the file that collects its lines.
# shellcheck disable=SC2154

median() { sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

# row CASE WHAT OURS PEER-NAME PEER GOAL: the goal is the most that OURS / PEER may be,
# or the least if it begins with ">="; "-" for none
row()
{
	awk -v c="$1" -v w="$2" -v o="$3" -v n="$4" -v p="$5" -v g="$6" 'BEGIN {
		ratio = p > 0 ? o / p : 0
		goal = g == "-" ? "" : g ~ /^>=/ ? g : "<= " g
		sub(/^>= */, "", g)
		good = goal ~ /^>=/ ? ratio >= g + 0 : ratio <= g + 0
		verdict = goal == "" ? "" : good ? "reached" : "NOT reached"
		format = ratio < 0.1 ? "%.4f" : "%.2f"
		printf "%s|%s|%s|%s|%s|" format "|%s|%s\n", c, w, o, n, p, ratio, goal, verdict
	}' >>"$rows"
}

# bound CASE WHAT OURS GOAL: a figure that has a bound of its own
bound()
{
	awk -v c="$1" -v w="$2" -v o="$3" -v g="$4" 'BEGIN {
		printf "%s|%s|%s|||%s|<= %s|%s\n", c, w, o, "", g, o <= g + 0 ? "reached" : "NOT reached"
	}' >>"$rows"
}

table()
{
	awk -F '|' 'BEGIN { f = "%-42s %-12s %12s  %-22s %12s %7s %9s  %s\n"
		printf f, "case", "figure", "ours", "peer", "peer\047s", "ratio", "goal", "" }
		{ printf f, $1, $2, $3, $4, $5, $6, $7, $8 }' "$rows"
}
