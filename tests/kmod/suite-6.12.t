#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The suite on the module, in a guest with Debian's 6.12 kernel
exec "$(dirname "$0")/../guest/suite.sh" 6.12
