/* SPDX-License-Identifier: GPL-2.0-only */
/* Mount options: mount.imapifs(8) names and explains them. */
#ifndef IMAPI_OPTIONS_H
#define IMAPI_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "commit.h"

enum commit_mode { COMMIT_SYNC, COMMIT_UMOUNT, COMMIT_MANUAL };

enum face_choice { FACE_ANY, FACE_KERNEL, FACE_FUSE };

struct mount_options {
	bool ro;
	bool fresh;
	bool finalize;
	bool eject;
	uint32_t session;	/* 0: the newest */
	enum commit_mode commit;
	enum verify_mode verify;
	enum face_choice face;
	uint32_t speed;		/* 0: the drive's choice; an image has none */
	uint64_t size;		/* bytes that may be staged, UINT64_MAX: no bound */
	char *spool;		/* NULL: the default */
	char *volid;		/* NULL: as it is */
	uid_t uid;
	gid_t gid;
	mode_t fmask, dmask;
	char *vfs;		/* what goes to mount(2) or libfuse: "nosuid,noatime" */
};

/**
 * options_parse - a comma-separated list as mount(8) passes it
 * @optstr: the list; "" or NULL gives the defaults
 * @flags: OPTIONS_SLOPPY: pass over unknown options, as mount -s wants
 * @opt: filled in; options_free() it
 * @err: one line that names the option, if this fails
 * @err_size: bytes of @err
 *
 * Return: 0, -EINVAL or -ENOMEM.
 */
#define OPTIONS_SLOPPY	(1u << 0)
int options_parse(const char *optstr, unsigned int flags,
		  struct mount_options *opt, char *err, size_t err_size);

/**
 * options_set - one option, as the module shows it
 * @opt: changed if the option is one that burning depends on: commit, spool,
 *	speed, verify or volid; others are passed over
 * @name: its name
 * @value: its value
 * @err: one line that names the option, if this fails
 * @err_size: bytes of @err
 *
 * Return: 0; 1: another option; -EINVAL or -ENOMEM.
 */
int options_set(struct mount_options *opt, const char *name, const char *value,
		char *err, size_t err_size);

void options_free(struct mount_options *opt);

#endif
