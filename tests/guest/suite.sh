#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# suite.sh KERNEL [TEST...]: the behaviour suite and the module's own tests in a
# guest, as TAP: one line for each test file, in the order in which they end.
# IMAPIFS_FACE is kernel unless it is set. Without names, all tests. The guest has this
# system's root, or IMAPIFS_GUEST_ROOT.
set -u
cd "$(dirname "$0")/../.." || exit

# shellcheck source=tests/guest/kernel.sh
. tests/guest/kernel.sh
name=${1:?usage: suite.sh KERNEL [TEST...]}
shift

skip_all()
{
	echo "1..0 # SKIP $1"
	exit 0
}

missing=
for program in qemu-system-x86_64 busybox modprobe mkfs.ext4 prove; do
	command -v "$program" >/dev/null || missing="no $program"
done
[[ -z $missing ]] || skip_all "$missing"

export IMAPIFS_FACE=${IMAPIFS_FACE:-kernel}
# Emulation is slow, a debug kernel in it slower
export IMAPIFS_TIMEOUT=${IMAPIFS_TIMEOUT:-1200}
memory=3072 limit=2700 append=
kernel=$name
if [[ $name == debug ]]; then
	name=$(tests/guest/debug-kernel.sh) || skip_all "the debug kernel can't be built"
	memory=4096 limit=7200 append=kmemleak=on IMAPIFS_TIMEOUT=3600
fi
kernel_find "$name" || skip_all "no kernel $name to boot"
export IMAPIFS_MODULE=build/$KERNEL_RELEASE/imapifs.ko
if [[ $IMAPIFS_FACE == kernel && ! -f $IMAPIFS_MODULE ]]; then
	skip_all "$IMAPIFS_MODULE is not built (make kmod KVER=$KERNEL_RELEASE)"
fi
# The guest's last word is the plan; without it this is a failure to prove
exec tests/guest/run -r "${IMAPIFS_GUEST_ROOT:-/}" -m "$memory" -t "$limit" -s 12G \
	-a "$append" "$kernel" tests/guest/suite-inside.sh "$@"
