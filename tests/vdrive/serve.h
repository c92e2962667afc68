/* SPDX-License-Identifier: GPL-2.0-only */
/* The process behind a drive */
#ifndef VDRIVE_SERVE_H
#define VDRIVE_SERVE_H

#include <stdbool.h>

struct serve_options {
	unsigned int number;
	const char *disc;	/* absolute path, NULL for an empty drive */
	/* called once the device is there; false ends it */
	bool (*ready)(void *context, const char *block, const char *generic);
	void *context;
};

/**
 * serve - make drive @options->number, serve it until somebody ends it, unmake it
 *
 * Says on standard error in one line what went wrong.
 *
 * Return: 0 or -errno.
 */
int serve(const struct serve_options *options);

#endif
