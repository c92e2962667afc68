#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# DKMS builds the module from what install-dkms copies; in trees of its own
set -u
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
# shellcheck source=tests/guest/kernel.sh
. "$TOP/tests/guest/kernel.sh"

command -v dkms >/dev/null || skip_all "no dkms"
[[ $(id -u) -eq 0 ]] || skip_all "not root, and dkms asks for that"

need make -C "$TOP" install-dkms "DESTDIR=$T" KVER=none
version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' "$T"/usr/src/imapifs-*/dkms.conf)
mkdir "$T/tree"
run_dkms()
{
	command timeout 200 dkms "$1" -m imapifs -v "$version" --dkmstree "$T/tree" \
		--sourcetree "$T/usr/src" --installtree "$T/lib/modules" "${@:2}"
}

ok "it is added" run_dkms add
for series in 6.1 6.12; do
	if ! release=$(kernel_release "$series" 2>/dev/null); then
		skip "$series: it is built" "no headers of a $series kernel"
		continue
	fi
	ok "$series: it is built" run_dkms build -k "$release"
	made=$(find "$T/tree" -path "*/$release/*" -name 'imapifs.ko*' | wc -l)
	is "$series: there is a module" "$made" 1
done
ok "it is removed" run_dkms remove --all
tap_done
