#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The matrix of media on the module, in a guest with Debian's 6.12 kernel
export IMAPIFS_FACE=kernel IMAPIFS_KERNEL=6.12
exec "$(dirname "$0")/matrix.sh" "$@"
