#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The matrix of media on FUSE, in a guest with Debian's 6.12 kernel
export IMAPIFS_FACE=fuse IMAPIFS_KERNEL=6.12
exec "$(dirname "$0")/matrix.sh" "$@"
