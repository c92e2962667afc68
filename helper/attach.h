/* SPDX-License-Identifier: GPL-2.0-only */
/* A new process for a mount of the module whose own one died. */
#ifndef IMAPI_ATTACH_H
#define IMAPI_ATTACH_H

#include <linux/imapifs.h>
#include <stdbool.h>

/* Is this a mount that could burn, if somebody served it? */
bool attach_is_needed(const struct imapifs_status *st);

/**
 * attach_start - have a new process serve a mount
 * @dir: its root directory, absolute
 * @optstr: options that are to differ from the mount's, NULL: none
 *
 * Return: 0, or a code of mount(8) after a line that says why.
 */
int attach_start(const char *dir, const char *optstr);

#endif
