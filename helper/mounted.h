/* SPDX-License-Identifier: GPL-2.0-only */
/* A mount in the making: what mount.c and the two faces share. */
#ifndef IMAPI_MOUNTED_H
#define IMAPI_MOUNTED_H

#include "options.h"
#include "recorder.h"
#include "spool.h"

/* What was asked for */
struct mount_call {
	char *source;		/* absolute */
	char *dir;		/* absolute */
	char *optstr;
	bool sloppy, fake, no_note, verbose;
	struct mount_options opt;
};

/* What is open for the mount, in the process that serves it */
struct mounted {
	struct recorder *rec;
	/* NULL: blank. In the recorder's list: good until the first commit */
	const struct imapi_volume *base;
	bool ro;
	struct spool *spool;		/* FUSE's; NULL: read-only */
	struct face *face;		/* FUSE's */
	struct kernel *kernel;		/* the module's */
};

/* Not a code of mount(8): the module is not to be had, and FUSE may do */
#define MOUNT_NO_MODULE		(-1)

/* One line that says @what; MOUNT_EX_FAIL */
int mount_fail(const char *what);

/* The same where nobody can have the source alone, as @err says */
int mount_not_alone(int err);

/* What to say, and MOUNT_EX_FAIL, where the folder of spool= can't be used */
int mount_spool_failed(const char *option, int err);

/* Names what killed mounts have left in the folder @base */
void mount_tell_leftovers(const char *base);

/* Unmounted: umount(8) need not find it any more */
void mount_gone(const struct mount_call *call);

/* --- mount_fuse.c --- */

/* Makes the spool folder of a mount that is read-write; a code of mount(8) */
int mount_fuse_spool(struct mount_call *call, struct mounted *m);
int mount_fuse(struct mount_call *call, struct mounted *m);
/* Until it is unmounted, and what is staged then is burned or kept */
void mount_fuse_serve(struct mount_call *call, struct mounted *m);
void mount_fuse_close(struct mounted *m);

/* --- mount_kernel.c --- */

/* A code of mount(8); MOUNT_NO_MODULE after a line that says why, if it was asked for */
int mount_kernel(struct mount_call *call, struct mounted *m);
/* The same; what is read-only needs no process, and this returns at once */
void mount_kernel_serve(struct mount_call *call, struct mounted *m);
void mount_kernel_close(struct mounted *m);

#endif
