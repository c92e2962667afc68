// SPDX-License-Identifier: GPL-2.0-only
/* A command from its first byte to its status: who carries it out, and what stands in its way */
#include "drive.h"

/* What has to be so before a handler is called */
enum {
	/* Told whatever unit attention waits (SPC-4 5.14, MMC-6 4.1.6) */
	HEEDLESS = 1 << 0,
	/* A disc is in the closed tray */
	MEDIUM = 1 << 1,
	/* And nothing goes on that has to end first */
	READY = 1 << 2 | MEDIUM,
	/* Done by steps, and can be torn between them; the handler counts them */
	STEPS = 1 << 3,
	/* What is on the disc is asked: even drives that are ready early aren't for that */
	CONTENT = 1 << 4,
};

struct operation {
	uint8_t opcode;
	uint8_t needs;
	handler_t handler;
};

/* By opcode (MMC-6 table 220) */
static const struct operation operations[] = {
	{ 0x00, READY, mmc_test_unit_ready },
	{ 0x03, HEEDLESS, mmc_request_sense },
	{ 0x04, READY | STEPS, mmc_format_unit },
	{ 0x12, HEEDLESS, mmc_inquiry },
	{ 0x15, 0, mmc_mode_select },
	{ 0x1a, 0, mmc_mode_sense },
	{ 0x1b, 0, mmc_start_stop },
	{ 0x1e, 0, mmc_prevent_allow },
	{ 0x23, 0, mmc_read_format_capacities },
	{ 0x25, READY, mmc_read_capacity },
	{ 0x28, READY, mmc_read },
	{ 0x2a, READY | STEPS, mmc_write },
	{ 0x2b, READY, mmc_seek },
	{ 0x2e, READY | STEPS, mmc_write },
	{ 0x2f, READY, mmc_verify },
	{ 0x35, READY | STEPS, mmc_synchronize_cache },
	{ 0x3c, 0, mmc_read_buffer },
	{ 0x43, READY, mmc_read_toc },
	{ 0x46, HEEDLESS, mmc_get_configuration },
	{ 0x4a, HEEDLESS, mmc_get_event },
	{ 0x51, READY | CONTENT, mmc_read_disc_info },
	{ 0x52, READY | CONTENT, mmc_read_track_info },
	{ 0x53, READY, mmc_reserve_track },
	{ 0x54, READY, mmc_send_opc },
	{ 0x55, 0, mmc_mode_select },
	{ 0x5a, 0, mmc_mode_sense },
	{ 0x5b, READY | STEPS, mmc_close_track_session },
	{ 0x5c, 0, mmc_read_buffer_capacity },
	{ 0x5d, READY, mmc_send_cue_sheet },
	{ 0xa0, HEEDLESS, mmc_report_luns },
	{ 0xa1, READY | STEPS, mmc_blank },
	{ 0xa4, 0, mmc_report_key },
	{ 0xa8, READY, mmc_read },
	{ 0xaa, READY | STEPS, mmc_write },
	{ 0xac, 0, mmc_get_performance },
	{ 0xad, READY, mmc_read_disc_structure },
	{ 0xb6, 0, mmc_set_streaming },
	{ 0xbb, 0, mmc_set_cd_speed },
	{ 0xbd, 0, mmc_mechanism_status },
	{ 0xbe, READY, mmc_read_cd },
	{ 0xbf, READY, mmc_send_disc_structure },
};

#define NR_OPERATIONS (sizeof(operations) / sizeof(operations[0]))

sense_t reply(struct command *c, const void *data, size_t len, size_t allocation)
{
	if (len > allocation)
		len = allocation;
	if (len > c->length)
		len = c->length;
	if (len)
		memcpy(c->data, data, len);
	c->done = len;
	return GOOD;
}

bool have_list(const struct command *c, size_t len)
{
	return c->length >= len;
}

/* Fixed format sense data (SPC-4 4.5.3) */
void build_sense(const struct drive *d, sense_t sense, uint8_t out[18])
{
	memset(out, 0, 18);
	out[0] = 0x70;
	out[2] = (uint8_t)(sense >> 16);
	out[7] = 10;
	out[12] = (uint8_t)(sense >> 8);
	out[13] = (uint8_t)sense;
	if (d->information_valid) {
		out[0] |= 0x80;
		put32(out + 3, d->information);
	}
	/* What goes on is about half done, as far as anybody is told */
	if (sense == SENSE_FORMATTING || sense == SENSE_IN_PROGRESS || sense == SENSE_LONG_WRITE) {
		out[15] = 0x80;
		put16(out + 16, 0x8000);
	}
}

static const struct operation *find(uint8_t opcode)
{
	size_t i;

	for (i = 0; i < NR_OPERATIONS; i++) {
		if (operations[i].opcode == opcode)
			return &operations[i];
	}
	return NULL;
}

static sense_t busy(struct drive *d, const struct operation *op)
{
	if (!d->busy_commands || (d->busy_quietly && !(op->needs & CONTENT)))
		return GOOD;
	d->busy_commands--;
	return d->busy_sense;
}

static sense_t run(struct drive *d, struct command *c)
{
	const struct operation *op = find(c->cdb[0]);
	sense_t sense = GOOD;

	if (!op)
		return SENSE_OPCODE;
	if (!(op->needs & HEEDLESS))
		sense = drive_take_attention(d);
	if (!sense && (op->needs & MEDIUM) && !drive_has_medium(d))
		sense = drive_no_medium(d);
	if (!sense && (op->needs & READY) == READY)
		sense = busy(d, op);
	if (sense)
		return sense;
	if (d->steps != ALL_STEPS && !(op->needs & STEPS))
		return SENSE_WRITE_ERROR;
	return op->handler(d, c);
}

void drive_command(struct drive *drive, struct command *command)
{
	sense_t sense;

	command->done = 0;
	command->status = DRIVE_GOOD;
	memset(command->sense, 0, sizeof(command->sense));
	drive->information_valid = false;
	format_advance(drive);
	sense = run(drive, command);
	if (!sense)
		return;
	command->status = DRIVE_CHECK_CONDITION;
	build_sense(drive, sense, command->sense);
	drive->information_valid = false;
}

void drive_tear(struct drive *drive, struct command *command, uint32_t steps)
{
	drive->steps = steps;
	drive_command(drive, command);
	drive->steps = ALL_STEPS;
}
