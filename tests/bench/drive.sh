#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# drive.sh [KERNEL]: discs in the virtual drive, both faces beside isofs, in one guest,
# as one table of simulated time (Documentation/vdrive.rst). KERNEL is 6.12 unless it is
# given. A goal that is missed is said so, and is no error.
#
# BENCH_RUNS=3 BENCH_DRIVE_BYTES=60001 (of each of 10,000 files) BENCH_DRIVE_MIB=64 (of
# each session that is burned) BENCH_DRIVE_CASES="mount list copy commit" and
# BENCH_DRIVE_MEDIA (of the last of them) pick how much.
set -eu
cd "$(dirname "$0")/../.."

# shellcheck source=tests/guest/kernel.sh
. tests/guest/kernel.sh
name=${1:-6.12}
kernel_find "$name"
export IMAPIFS_MODULE=build/$KERNEL_RELEASE/imapifs.ko
export BENCH_DRIVE_BYTES=${BENCH_DRIVE_BYTES:-60001}
for need in "$IMAPIFS_MODULE" build/mount.imapifs build/vdrive build/tests/mktree \
	build/tests/straight; do
	[[ -e $need ]] || { echo "$need is not built (make bench-drive)" >&2; exit 1; }
done
[[ $(id -u) -eq 0 ]] || { echo "make bench-drive: run it as root" >&2; exit 1; }

# The disc is burned in the guest, once, and stays on a disk of the guest's
disk=$PWD/build/bench/drive-$BENCH_DRIVE_BYTES.ext4
if [[ ! -s $disk ]]; then
	mkdir -p build/bench
	truncate -s 8G "$disk"
	mkfs.ext4 -q "$disk"
fi
tests/guest/run -m 4096 -t "${BENCH_DRIVE_LIMIT:-5400}" -d "$disk" \
	-l "$PWD/build/guest/bench-drive.log" "$name" tests/bench/drive-inside.sh
