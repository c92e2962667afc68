#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# fuzz.sh TARGET...: replay what is known, then look for more for FUZZ_SECONDS.
# Replayed: tests/fuzz/corpus/TARGET/, tests/images/ and the images of ../shared/corpus.
# The search starts from the first alone, which are small and of the target's own form.
set -eu
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/tap.sh"
# shellcheck source=tests/lib/corpus.sh
. "$TOP/tests/lib/corpus.sh"

seconds=${FUZZ_SECONDS:-10}
export ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=1:abort_on_error=0

corpus_unpack "$T/images" || diag "no ../shared/corpus here, its images are not replayed"
for target; do
	name=$(basename "$target")
	seeds=$TOP/tests/fuzz/corpus/$name
	# Its own: others run at the same time, and remove theirs when nothing was found
	keep=$TOP/build/fuzz-finds/$name
	mkdir -p "$T/$name" "$keep"
	mapfile -t inputs < <(find "$T/images" "$seeds" -type f -size -2048k 2>/dev/null)

	if [[ ${#inputs[@]} -gt 0 ]]; then
		ok "$name: replay of ${#inputs[@]} inputs" \
			timeout 120 "$target" -timeout=20 -rss_limit_mb=2048 \
			-artifact_prefix="$keep/" "${inputs[@]}"
	else
		skip "$name: replay" "no inputs"
	fi
	ok "$name: $seconds s of fuzzing" \
		timeout $((seconds + 120)) "$target" -max_total_time="$seconds" -timeout=20 \
		-rss_limit_mb=2048 -artifact_prefix="$keep/" "$T/$name" \
		"$([[ -d $seeds ]] && echo "$seeds" || echo "$T/images")"
	diag "$(grep -E 'DONE|stat::' "$T/.out" | tail -n 1)"
	rmdir "$keep" 2>/dev/null || :
done
tap_done
