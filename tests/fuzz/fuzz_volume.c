// SPDX-License-Identifier: GPL-2.0-only
/* Descriptor sets and the chain of sessions of any disc */
#include "fuzzdisc.h"

static void check_volume(const struct memdisc *d, const struct imapi_volume *vol)
{
	u64 end = (u64)vol->desc + vol->descs;

	if (end > d->src.blocks || vol->descs > IMAPI_MAX_DESCRIPTORS)
		abort();
	if (vol->boot && (vol->boot <= vol->desc || vol->boot >= end))
		abort();
	if (!memchr(vol->volid, 0, sizeof(vol->volid)))
		abort();
	if (vol->primary.root.size && vol->primary.root.lba >= d->src.blocks)
		abort();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct imapi_sessions s;
	struct imapi_volume vol;
	struct memdisc d;
	u32 i;

	fuzzdisc_init(&d, data, size);
	if (!imapi_volume_read(&d.src, IMAPI_SYSTEM_BLOCKS, &vol))
		check_volume(&d, &vol);
	if (!imapi_sessions_scan(&d.src, &s)) {
		if (!s.nr || s.nr > 2 * IMAPI_MAX_SESSIONS)
			abort();
		for (i = 0; i < s.nr; i++) {
			check_volume(&d, &s.list[i].vol);
			if (i && s.list[i].start <= s.list[i - 1].start)
				abort();
		}
		core_free(s.list);
	}
	fuzzdisc_free(&d);
	return 0;
}
