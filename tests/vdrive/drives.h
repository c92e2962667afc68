/* SPDX-License-Identifier: GPL-2.0-only */
/* Which drives there are: a lock and a socket each, in /run/vdrive */
#ifndef VDRIVE_DRIVES_H
#define VDRIVE_DRIVES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define DRIVES_MAX	64u

/**
 * drives_claim - a number for a new drive
 * @lock: a descriptor; the number is taken as long as it is open
 *
 * Return: the number, -EMFILE if all are taken, or -errno.
 */
int drives_claim(int *lock);

/* Has some process claimed it? */
bool drives_running(unsigned int number);

/* Claims the number of a drive whose server is gone. Return: a descriptor or -EBUSY */
int drives_take_over(unsigned int number);

/* Return: a listening socket or -errno */
int drives_listen(unsigned int number);
void drives_forget(unsigned int number);

/**
 * drives_ask - one request and its answer
 * @line: without its newline
 * @answer: where it goes, without its first line
 * @why: room for the reason if it was refused
 *
 * Return: 0, -EREMOTEIO if the drive refused, -errno if it can't be asked.
 */
int drives_ask(unsigned int number, const char *line, FILE *answer, char *why, size_t room);

/**
 * drives_find - the drive that somebody means
 * @name: a number, a device node, or NULL for the only one
 * @why: in one line why there is none
 *
 * Also finds a drive whose server is gone but which is still in the kernel.
 *
 * Return: the number, or -ENODEV.
 */
int drives_find(const char *name, const char **why);

#endif
