/* SPDX-License-Identifier: GPL-2.0-only */
/* Talking to a mount from outside, by the ioctls on its root directory. */
#ifndef IMAPI_CONTROL_H
#define IMAPI_CONTROL_H

#include <stdbool.h>
#include <linux/imapifs.h>

/* An fd of the mount's root and its state; or -errno, which control_explain() tells */
int control_try(const char *dir, struct imapifs_status *st);
void control_explain(const char *dir, int err);

/* The two in one: an fd, or -errno after a line that says why */
int control_open(const char *dir, struct imapifs_status *st);

/* Will umount close the disc for good? */
bool control_closes(const struct imapifs_status *st);

/**
 * control_commit - have what is staged burned
 * @fd: the mount's root
 * @dir: its name, for messages
 * @how: 0, or IMAPIFS_COMMIT_LAST
 *
 * Shows on a terminal how far it is. SIGINT and SIGTERM cancel it, unless it is too
 * late for that: one line says which.
 *
 * Return: 0, or -errno after a line that says what happened and what to do.
 */
int control_commit(int fd, const char *dir, unsigned int how);

/* One line on what was burned, if anything was since @before */
void control_tell(int fd, const char *dir, const struct imapifs_status *before);

#endif
