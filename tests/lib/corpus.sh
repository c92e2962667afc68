# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Images that others made: tests/images/*.gz, and ../shared/corpus where it is.

CORPUS=${IMAPIFS_CORPUS:-$TOP/../shared/corpus}

# Unpacks all of them into a new folder; fails if ../shared/corpus isn't there
corpus_unpack()
{
	local gz

	mkdir -p "$1"
	for gz in "$CORPUS"/*.iso.gz "$TOP"/tests/images/*.iso.gz; do
		[[ -e $gz ]] || continue
		gzip -dc "$gz" >"$1/$(basename "$gz" .gz)"
	done
	[[ -d $CORPUS ]]
}

# Those that are made to be wrong; the others must be read like everybody reads them
corpus_is_bad()
{
	case $(basename "$1") in
	*fuzz_1* | *utf16be_overflow* | *rockridge_ce_loop* | *bad-dir* | *malformed*) return 0 ;;
	esac
	return 1
}
