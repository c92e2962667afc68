/* SPDX-License-Identifier: GPL-2.0-only */
/* The date of what is burned. */
#ifndef IMAPI_EPOCH_H
#define IMAPI_EPOCH_H

#include "core_env.h"

/**
 * epoch_now - the time that a session gets
 * @now: set to seconds since 1970: SOURCE_DATE_EPOCH, or else the clock's
 * @fixed: set: is it SOURCE_DATE_EPOCH's?
 *
 * Return: 0, or -EINVAL: SOURCE_DATE_EPOCH is not a number of seconds, or is
 * past the last date that a disc can have.
 */
int epoch_now(s64 *now, bool *fixed);

#endif
