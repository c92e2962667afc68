// SPDX-License-Identifier: GPL-2.0-only
/* The log of commands and their counts */
#include "cmdlog.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "opcodes.h"

int cmdlog_init(struct cmdlog *log)
{
	memset(log, 0, sizeof(*log));
	log->kept = calloc(CMDLOG_KEPT, sizeof(*log->kept));
	log->on = true;
	return log->kept ? 0 : -ENOMEM;
}

void cmdlog_free(struct cmdlog *log)
{
	cmdlog_to(log, NULL);
	free(log->kept);
	log->kept = NULL;
}

/* The first byte's group code says how long a CDB is (SPC-4 4.2.5.1); vendors' are shown whole */
static unsigned int cdb_bytes(uint8_t op)
{
	static const uint8_t bytes[8] = { 6, 10, 10, 16, 16, 12, 16, 16 };

	return bytes[op >> 5];
}

static void print(const struct cmdlog_entry *e, FILE *out)
{
	struct extent extent = opcode_extent(e->cdb);
	unsigned int n;

	fprintf(out, "%" PRIu64 ".%06" PRIu64 " %02x %s", e->at / 1000000000,
		e->at / 1000 % 1000000, e->cdb[0], opcode_name(e->cdb[0]));
	if (extent.valid)
		fprintf(out, " lba=%" PRIu32 " blocks=%" PRIu32, extent.lba, extent.blocks);
	fprintf(out, " length=%" PRIu32 " done=%" PRIu32, e->length, e->done);
	if (e->aborted)
		fputs(" status=aborted", out);
	else if (e->status == DRIVE_CHECK_CONDITION)
		fprintf(out, " sense=%x/%02x/%02x", e->key, e->asc, e->ascq);
	else if (e->status == DRIVE_GOOD)
		fputs(" status=good", out);
	else
		fprintf(out, " status=%02x", e->status);
	if (e->fault)
		fprintf(out, " fault=%u", e->fault);
	fputs(" cdb=", out);
	for (n = 0; n < cdb_bytes(e->cdb[0]); n++)
		fprintf(out, "%02x", e->cdb[n]);
	if (e->list_bytes)
		fputs(" list=", out);
	for (n = 0; n < e->list_bytes && n < CMDLOG_LIST; n++)
		fprintf(out, "%02x", e->list[n]);
	fputc('\n', out);
}

void cmdlog_add(struct cmdlog *log, const struct cmdlog_entry *entry)
{
	log->count[entry->cdb[0]]++;
	if (entry->aborted || entry->status != DRIVE_GOOD)
		log->failed++;
	if (!log->on)
		return;
	log->kept[log->total++ % CMDLOG_KEPT] = *entry;
	if (log->file) {
		print(entry, log->file);
		/* Whoever looks at it sees what was answered until now */
		fflush(log->file);
	}
}

void cmdlog_clear(struct cmdlog *log)
{
	log->total = 0;
}

void cmdlog_stat_reset(struct cmdlog *log)
{
	memset(log->count, 0, sizeof(log->count));
	log->failed = 0;
}

int cmdlog_to(struct cmdlog *log, const char *path)
{
	FILE *file = NULL;

	if (path) {
		file = fopen(path, "ae");
		if (!file)
			return -errno;
	}
	if (log->file)
		fclose(log->file);
	log->file = file;
	return 0;
}

void cmdlog_show(const struct cmdlog *log, FILE *out)
{
	uint64_t n = log->total > CMDLOG_KEPT ? log->total - CMDLOG_KEPT : 0;

	if (n)
		fprintf(out, "# %" PRIu64 " older ones are not kept\n", n);
	for (; n < log->total; n++)
		print(&log->kept[n % CMDLOG_KEPT], out);
}

void cmdlog_stat(const struct cmdlog *log, FILE *out)
{
	uint64_t total = 0;
	unsigned int op;

	for (op = 0; op < 256; op++)
		total += log->count[op];
	fprintf(out, "commands %" PRIu64 "\nfailed %" PRIu64 "\n", total, log->failed);
	for (op = 0; op < 256; op++)
		if (log->count[op])
			fprintf(out, "command %02x %s %" PRIu64 "\n", op,
				opcode_name((uint8_t)op), log->count[op]);
}
