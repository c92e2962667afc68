// SPDX-License-Identifier: GPL-2.0-only
#include <time.h>
#include "core.h"
#include "epoch.h"

int epoch_now(s64 *now, bool *fixed)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	unsigned long long value;
	char *end;

	*fixed = epoch;
	if (!epoch) {
		*now = time(NULL);
		return 0;
	}
	errno = 0;
	value = strtoull(epoch, &end, 10);
	if (epoch[0] < '0' || epoch[0] > '9' || *end || errno || value > IMAPI_TIME_MAX)
		return -EINVAL;
	*now = (s64)value;
	return 0;
}
