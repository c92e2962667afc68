#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The module builds for Debian's kernels, and neither the compiler, sparse nor
# checkpatch has a complaint
set -u
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
# shellcheck source=tests/guest/kernel.sh
. "$TOP/tests/guest/kernel.sh"

CHECKPATCH=$TESTS/checkpatch/scripts/checkpatch.pl

# builds_silently RELEASE, from nothing, so that each file is compiled
builds_silently()
{
	local rc=0

	make -C "$TOP" -j2 kmod "B=$T/build" "KVER=$1" W=1 C=2 CF=-D__CHECK_ENDIAN__ \
		>"$T/log" 2>&1 || rc=$?
	if [[ $rc -ne 0 ]]; then
		tail -n 30 "$T/log"
		return 1
	fi
	[[ -f $T/build/$1/imapifs.ko ]] || return 1
	! grep -iE 'warning|error' "$T/log"
}

# Kinds of complaint that stay, and why:
# LINUX_VERSION_CODE, CONSTANT_COMPARISON: compat.h alone may ask for a version;
# CONST_STRUCT: mmap.c makes tables of operations;
# BIT_MACRO: the core is compiled in user space as well, where no BIT() is
style()
{
	local ignore=FILE_PATH_CHANGES

	case $1 in
	kmod/compat.h)	ignore=LINUX_VERSION_CODE,CONSTANT_COMPARISON ;;
	kmod/mmap.c)	ignore=CONST_STRUCT ;;
	kmod/core/*)	ignore=BIT_MACRO ;;
	include/uapi/*)	ignore=BIT_MACRO ;;
	esac
	# It leaves a file where it is run
	(cd "$T" && perl "$CHECKPATCH" --no-tree --strict --terse --show-types -q \
		--ignore "$ignore" -f "$TOP/$1" | grep -v '^total: ')
}

for series in 6.1 6.12; do
	what="$series: W=1 and sparse are silent"
	if ! release=$(kernel_release "$series" 2>/dev/null); then
		skip "$what" "no headers of a $series kernel"
	elif ! command -v sparse >/dev/null; then
		skip "$what" "no sparse"
	else
		ok "$what" builds_silently "$release"
	fi
done

if [[ -f $CHECKPATCH ]]; then
	cd "$TOP" || exit
	complaints=$(find kmod include/uapi -name '*.[ch]' | sort | while read -r file; do
		style "$file"
	done)
	is "checkpatch has no complaint" "$complaints" ""
	# A checker that can't find anything isn't one
	mkdir -p "$T/kmod"
	printf 'int f(void)\n{\n    return 0;\n}\n' >"$T/kmod/bad.c"
	TOP=$T
	tap_result $([[ -n $(style kmod/bad.c) ]]; echo $?) "and would have one"
else
	skip "checkpatch has no complaint" "$CHECKPATCH is not there (make check-programs)"
fi
tap_done
