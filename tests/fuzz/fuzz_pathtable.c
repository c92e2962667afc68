// SPDX-License-Identifier: GPL-2.0-only
/* Any bytes as a path table, of both types */
#include "core.h"

static void walk(const u8 *table, size_t size, bool big)
{
	struct imapi_path p;
	size_t pos = 0, last;
	u32 number;

	for (number = 1;; number++) {
		last = pos;
		if (imapi_path_next(table, size, big, &pos, number, &p) != 1)
			return;
		if (pos <= last || !p.name_len || p.name + p.name_len > table + size)
			abort();
		if (p.parent < 1 || (number > 1 && p.parent >= number))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	walk(data, size, false);
	walk(data, size, true);
	return 0;
}
