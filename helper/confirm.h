/* SPDX-License-Identifier: GPL-2.0-only */
/* Asking before what can't be undone. */
#ifndef IMAPI_CONFIRM_H
#define IMAPI_CONFIRM_H

#include <stdbool.h>

/**
 * confirm - may it be done?
 * @question: what is about to happen; "[y/N]" is put behind it
 *
 * Return: 0; -ECANCELED: the answer isn't yes; -ENOTTY: nobody is there to be asked,
 * after a line that says what to do.
 */
int confirm(const char *question);

/*
 * The arguments of a command that asks: "[--yes] SOURCE" and one more flag, @flag, which
 * sets @set; NULL: there is none. 0, -EINVAL, or -ECANCELED: only help was asked for
 */
struct confirm_call {
	const char *source;
	bool yes;
	const char *flag;
	bool set;
};

int confirm_parse(int argc, char **argv, struct confirm_call *call);

#endif
