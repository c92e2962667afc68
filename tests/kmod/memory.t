#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# 4 GiB are staged in a guest with 512 MiB of memory and no swap
set -u
cd "$(dirname "$0")/../.." || exit

# shellcheck source=tests/guest/kernel.sh
. tests/guest/kernel.sh
skip_all()
{
	echo "1..0 # SKIP $1"
	exit 0
}

for program in qemu-system-x86_64 busybox modprobe mkfs.ext4; do
	command -v "$program" >/dev/null || skip_all "no $program"
done
kernel_find 6.1 || skip_all "no kernel 6.1 to boot"
module=build/$KERNEL_RELEASE/imapifs.ko
[[ -f $module ]] || skip_all "$module is not built (make kmod KVER=$KERNEL_RELEASE)"
free=$(df --output=avail -B1M . | tail -n 1)
[[ $free -ge 14000 ]] || skip_all "$free MiB are free here, and it takes 14000"
exec tests/guest/run -m 512 -t 900 -s 12G -l "build/guest/memory.log" 6.1 \
	tests/guest/memory-inside.sh "${1:-4096}"
