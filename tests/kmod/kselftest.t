#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tests/kselftest in a kernel's selftests: installed by their own script, run in a
# guest by their own runner, and by "make run_tests"
set -u
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
# shellcheck source=tests/guest/kernel.sh
. "$TOP/tests/guest/kernel.sh"

KERNEL=6.12
SELFTESTS=tools/testing/selftests

[[ -f $TESTS/linux/$SELFTESTS/Makefile ]] ||
	skip_all "$TESTS/linux is not there (make check-programs)"
for program in qemu-system-x86_64 busybox modprobe rsync make gcc; do
	command -v "$program" >/dev/null || skip_all "no $program"
done
kernel_find "$KERNEL" >"$T/out" 2>&1 || skip_all "no kernel $KERNEL to boot"
module=$TOP/build/$KERNEL_RELEASE/imapifs.ko
[[ -f $module ]] || skip_all "$module is not built (make kmod KVER=$KERNEL_RELEASE)"

# passes FILE: what the runner prints when each of our tests passed, none skipped
passes()
{
	grep -qx 'TAP version 13' "$1" && grep -qx '1\.\.2' "$1" &&
		[[ $(grep -cxE 'ok [12] selftests: imapifs: (posix|burn)\.sh' "$1") -eq 2 ]] &&
		! grep -qE '^(# )*not ok' "$1" && return
	grep -vE '^(# )+ok' "$1"
	return 1
}

# The guest sees the host's folders, but not its /tmp
work=$(mktemp -d "$TOP/build/guest/kselftest-XXXXXX") || exit
trap 'rm -rf "$work"; tap_cleanup' EXIT
cp -r "$TESTS/linux" "$work/"
cp -rs "$TOP/tests/kselftest" "$work/linux/$SELFTESTS/imapifs"
mkdir "$work/installed"

# Only this target, and its failure is everybody's
install_target()
{
	cd "$work/linux/$SELFTESTS" &&
		MAKEFLAGS='TARGETS=imapifs FORCE_TARGETS=1' bash ./kselftest_install.sh "$work/installed"
}
ok "kselftest_install.sh installs the target" install_target
is "the runner knows its tests" "$(cat "$work/installed/kselftest-list.txt")" \
	$'imapifs:posix.sh\nimapifs:burn.sh'
ok "the settings and the program are there" \
	test -s "$work/installed/imapifs/settings" -a -x "$work/installed/imapifs/posix_test"

# Without the module a test is skipped, with the runner's code for that
cat >"$work/inside" <<END
cd '$work' || exit
# A module that depmod never saw can't be found, so this is before insmod
IMAPIFS_BUILD='$BUILD' installed/run_kselftest.sh >/tmp/without 2>&1
insmod '$module' || exit
export IMAPIFS_BUILD='$BUILD'
installed/run_kselftest.sh >/tmp/runner 2>&1
make -s -C linux/$SELFTESTS TARGETS=imapifs run_tests >/tmp/make 2>&1
rmmod imapifs || exit
for file in without runner make; do
	sed "s/^/\$file: /" /tmp/\$file
done
END
ok "a guest runs them" "$TOP/tests/guest/run" -m 1024 -t 400 \
	-l "$TOP/build/guest/kselftest.log" "$KERNEL" bash "$work/inside"
cp "$T/.out" "$T/all"
for file in without runner make; do
	sed -n "s/^$file: //p" "$T/all" >"$T/$file"
done
is "without the module they are skipped" \
	"$(grep -cxE 'ok [12] selftests: imapifs: (posix|burn)\.sh # SKIP' "$T/without")" 2
ok "run_kselftest.sh: all pass" passes "$T/runner"
ok "make run_tests: all pass" passes "$T/make"
# A check of results that nothing fails isn't one
sed 's/^ok 2.*/not ok 2 selftests: imapifs: burn.sh # exit=1/' "$T/runner" >"$T/bad"
tap_result "$(! passes "$T/bad" >/dev/null; echo $?)" "and a failure would be seen"
tap_done
