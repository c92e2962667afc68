/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's SCSI target in configfs: where a drive becomes a device of this machine */
#ifndef VDRIVE_TARGET_H
#define VDRIVE_TARGET_H

#include <stdbool.h>
#include <stddef.h>

/* What the kernel calls a drive */
struct target_names {
	char block[64];		/* /dev/srN, "" if no driver took it */
	char generic[64];	/* /dev/sgN, likewise */
};

/**
 * target_prepare - load what is needed and find configfs
 * @why: in one line what is missing and what to do
 *
 * Return: 0 or -errno.
 */
int target_prepare(const char **why);

/* Is anything in configfs that belongs to drive @number? */
bool target_exists(unsigned int number);

/* The backstore and its ring. Return: 0 or -errno; nothing is left behind if it fails */
int target_create(unsigned int number);

/**
 * target_uio - the ring's device
 * @path: its node
 * @size: bytes to map
 *
 * Return: 0 or -ENODEV.
 */
int target_uio(unsigned int number, char *path, size_t room, size_t *size);

/* Makes the device; waits for the kernel's probing, so somebody has to serve the ring */
int target_export(unsigned int number);
void target_find(unsigned int number, struct target_names *names);

/* Takes the device away; somebody has to serve the ring until it has returned */
int target_unexport(unsigned int number);
/* Ends all commands in the ring of a drive that nobody serves */
void target_abandon(unsigned int number);
/* The backstore, once nothing is exported and nobody has the ring open */
int target_remove(unsigned int number);
/* All of that for a drive that nobody serves any more. Return: 0 or -errno */
int target_clean(unsigned int number);

#endif
