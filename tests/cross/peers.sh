# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What other programs read in an image, each as a manifest (see tap.sh).
#
# PEER_TREE says which tree they are to read: joliet or plain. Their own ways,
# which peer_sees() takes off our manifest before the two are compared:
#
#  isoinfo	has no UTF-8: what Latin-1 hasn't got is "_", each unit of it
#  7z		reads Rock Ridge where there is no Joliet, and can't be told not to:
#		it is left out for those

PEER_TREE=joliet

# Plain names come with a version, and with a "." where there is no extension
isoinfo_name()
{
	local name=${1%;1}

	[[ $PEER_TREE == joliet ]] || name=${name%.}
	printf '%s' "$name"
}

# isoinfo speaks Latin-1, and a folder's path is known by its own listing alone
isoinfo_extract()
{
	local joliet=(-J) path to

	[[ $PEER_TREE == joliet ]] || joliet=()
	timeout 100 isoinfo "${joliet[@]}" -l -i "$1" | iconv -f latin1 |
		sed -n 's/^Directory listing of //p' | while IFS= read -r path; do
		mkdir -p "$2$path"
	done
	timeout 100 isoinfo "${joliet[@]}" -f -i "$1" | iconv -f latin1 |
		while IFS= read -r path; do
			to=$2$path
			[[ ! -d $to ]] || continue
			timeout 100 isoinfo "${joliet[@]}" -i "$1" \
				-x "$(iconv -t latin1 <<<"$path")" >"$(isoinfo_name "$to")"
		done
}

# peer_extract PEER IMAGE DIR
peer_extract()
{
	local path

	mkdir -p "$3"
	case $1-$PEER_TREE in
	xorriso-joliet)
		timeout 100 xorriso -abort_on NEVER -read_fs norock -osirrox on -indev "$2" \
			-extract / "$3"
		;;
	xorriso-plain)
		timeout 100 xorriso -abort_on NEVER -read_fs ecma119 -ecma119_map stripped \
			-osirrox on -indev "$2" -extract / "$3"
		;;
	bsdtar-joliet)
		timeout 100 bsdtar -xf "$2" -C "$3" --options 'iso9660:!rockridge'
		;;
	bsdtar-plain)
		timeout 100 bsdtar -xf "$2" -C "$3" --options 'iso9660:!rockridge,!joliet'
		;;
	7z-*)
		timeout 100 7z x -y -o"$3" "$2"
		;;
	isoinfo-*)
		isoinfo_extract "$2" "$3"
		;;
	esac
	chmod -R u+rwX "$3"
}

# Reads our manifest, writes what the peer will make of its names
peer_sees()
{
	case $1 in
	isoinfo) perl -CSD -pe 's/[^\x{0}-\x{ffff}]/__/g; s/[^\x{0}-\x{ff}]/_/g' ;;
	*) cat ;;
	esac | sort
}

# peers_agree TEXT IMAGE MANIFEST: a check for each peer
peers_agree()
{
	local peer

	for peer in xorriso isoinfo bsdtar 7z; do
		if ! command -v "$peer" >/dev/null; then
			skip "$1: $peer" "no $peer"
			continue
		fi
		if [[ $peer-$PEER_TREE == 7z-plain ]]; then
			skip "$1: $peer" "it would read Rock Ridge"
			continue
		fi
		rm -rf "$T/extract"
		peer_extract "$peer" "$2" "$T/extract" >"$T/$peer.log" 2>&1 </dev/null
		manifest "$T/extract" >"$T/$peer.manifest"
		peer_sees "$peer" <"$3" >"$T/ours.manifest"
		same "$1: $peer" "$T/$peer.manifest" "$T/ours.manifest"
	done
	rm -rf "$T/extract"
}
