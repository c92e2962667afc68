#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The main job on a real tree: burn it, change it, burn that, look at both sessions,
# and have xorriso and bsdtar read the same bytes. Every step is checked; the first
# that isn't right ends the demo. "make demo" builds and runs this.
set -eu
TOP=$(cd "$(dirname "$0")/.." && pwd)
BUILD=${IMAPIFS_BUILD:-$TOP/build}
export LC_ALL=C.UTF-8
T=$(mktemp -d "${TMPDIR:-/tmp}/imapifs-demo-XXXXXX")
I=$T/disc.iso
M=$T/disc
started=$SECONDS
result="demo: FAILED"

finish()
{
	cd /
	if mountpoint -q "$M"; then
		timeout 60 umount -i -l "$M" 2>/dev/null || fusermount3 -u -z "$M" || :
	fi
	chmod -R u+rwX "$T"
	rm -rf --one-file-system "$T"
	echo
	echo "$result ($((SECONDS - started)) s)"
}
trap finish EXIT
trap 'exit 1' INT TERM HUP

step() { printf '\n== %s\n' "$*"; }
run() { printf '   $ %s\n' "$*" | sed "s|$T/||g"; timeout 300 "$@" </dev/null 2>&1 | sed 's/^/   /'; }
fail() { echo "   NOT RIGHT: $*"; exit 1; }
set -o pipefail

# "path size sha256" of each file, "path/" of each folder
manifest()
{
	(cd "$1" && {
		find . -mindepth 1 -type d -printf '%P/\n'
		find . -type f -printf '%P %s\n' | sort >"$T/.sizes"
		find . -type f -print0 | sort -z | xargs -0 -r sha256sum | sed 's|^\\||' | cut -c1-64 >"$T/.sums"
		paste -d ' ' "$T/.sizes" "$T/.sums"
	}) | sort
}

agree()
{
	if ! cmp -s "$2" "$3"; then
		diff "$2" "$3" | head -n 10 || :
		fail "$1"
	fi
	echo "   ok: $1: $(grep -vc '/$' "$2") files, $(grep -c '/$' "$2") folders, same names and SHA-256"
}

mount_disc() { run "$BUILD/mount.imapifs" "$I" "$M" -o "spool=$T/spool${1:+,$1}"; }

# A real tree, less what Joliet can't hold: it is told how much that is
pick_source()
{
	local dir

	for dir in /usr/share/doc /usr/share/perl /usr/include /usr/share; do
		[[ -d $dir ]] || continue
		(cd "$dir" && find . -type f -readable -size -2048k -printf '%P\n') |
			head -n 8000 >"$T/all"
		[[ $(wc -l <"$T/all") -ge 200 ]] || continue
		awk -F / '{ for (i = 1; i <= NF; i++) if (length($i) > 64 ||
			$i ~ /[*:;?\\[:cntrl:]]/) next; print }' "$T/all" >"$T/list"
		mkdir "$T/source"
		tar -C "$dir" -cf - --no-recursion --verbatim-files-from -T "$T/list" |
			tar -C "$T/source" --no-same-owner --no-same-permissions -xf -
		echo "   $(wc -l <"$T/list") files of $dir; left out: $(($(wc -l <"$T/all") - $(wc -l <"$T/list"))) with names that Joliet can't hold"
		return
	done
	fail "no folder with 200 files to burn was found"
}

[[ -e /dev/fuse ]] || fail "no /dev/fuse here: this needs the kernel's FUSE"
mkdir "$M" "$T/spool"

step "A tree to burn"
pick_source
manifest "$T/source" >"$T/first"

step "A new image is an empty file; mounted, it is a folder"
run truncate -s 0 "$I"
mount_disc volid=DEMO
mountpoint -q "$M" || fail "nothing is mounted"

step "Copy the tree in: it is staged, nothing is burned yet"
run cp -r "$T/source/." "$M"
[[ $(stat -c %s "$I") -eq 0 ]] || fail "the image is no longer empty"
echo "   ok: the image is still empty"

step "sync burns one session"
run sync "$M"
[[ $(stat -c %s "$I") -gt 0 ]] || fail "nothing was burned"
manifest "$M" >"$T/seen"
agree "the mount against the source" "$T/seen" "$T/first"

step "Change, rename and delete some; umount burns that"
cp -r "$T/source" "$T/changed"
for tree in "$M" "$T/changed"; do
	(
		cd "$tree"
		mapfile -t files < <(sort "$T/list" | head -n 400)
		for n in {0..99}; do rm "${files[n]}"; done
		for n in {100..199}; do echo "one more line" >>"${files[n]}"; done
		mkdir "new folder"
		for n in {200..299}; do mv "${files[n]}" "new folder/file $n"; done
		first=$(dirname "${files[399]}")
		mv "${first%%/*}" "a renamed folder"
		echo "Grüße aus der zweiten Session" >"new folder/ünïcode 日本.txt"
	)
done
echo "   100 deleted, 100 appended to, 100 moved, a folder renamed, one file new"
manifest "$T/changed" >"$T/second"
manifest "$M" >"$T/seen"
agree "what is staged, against the same changes elsewhere" "$T/seen" "$T/second"
run "$BUILD/umount.imapifs" "$M"
! mountpoint -q "$M" || fail "it is still mounted"

step "Both sessions are there"
run "$BUILD/imapifs" info "$I"
xorriso -indev "$I" -toc 2>/dev/null | grep '^ISO session' | sed 's/^/   xorriso: /'
[[ $(xorriso -indev "$I" -toc 2>/dev/null | grep -c '^ISO session') -eq 2 ]] ||
	fail "xorriso doesn't see two sessions"

step "Mount again: the newest session, then the first"
mount_disc
manifest "$M" >"$T/seen"
agree "the newest session" "$T/seen" "$T/second"
run "$BUILD/umount.imapifs" "$M"
mount_disc session=1
manifest "$M" >"$T/seen"
agree "the first session" "$T/seen" "$T/first"
run "$BUILD/umount.imapifs" "$M"

step "Other programs read the same"
run bash -c "xorriso -read_fs norock -osirrox on -indev '$I' -extract / '$T/xorriso' 2>&1 | tail -n 1"
chmod -R u+rwX "$T/xorriso"
manifest "$T/xorriso" >"$T/seen"
agree "xorriso" "$T/seen" "$T/second"
mkdir "$T/bsdtar"
run bsdtar -xf "$I" -C "$T/bsdtar" --options 'iso9660:!rockridge'
chmod -R u+rwX "$T/bsdtar"
manifest "$T/bsdtar" >"$T/seen"
agree "bsdtar" "$T/seen" "$T/second"
run "$BUILD/imapifs" verify "$I"

result="demo: all right"
