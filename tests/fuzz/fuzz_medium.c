// SPDX-License-Identifier: GPL-2.0-only
/*
 * A drive whose answers are the fuzzer's, from the first command to what a mount makes
 * of the disc. Its input is a list of answers: two bytes with a kind and a length, then
 * the answer; behind the last one everything is refused.
 */
#include <stdio.h>
#include "fuzzdisc.h"
#include "medium.h"

/* Kinds, in the upper four bits; smaller ones are data */
enum { SENSE = 12, FAILURE, UNKNOWN_LENGTH, GOOD };

#define LBAS		0x80000000u
#define BLOCKS		256u
#define OLDER		5u

/* A macro, so that the line is told */
#define check(cond) \
	do { \
		if (!(cond)) { \
			fprintf(stderr, "line %d: %s\n", __LINE__, #cond); \
			abort(); \
		} \
	} while (0)

struct input {
	const u8 *at;
	size_t left;
	u32 commands;
};

/* The next answer's bytes, as many of @len as there are */
static size_t take(struct input *in, size_t len, const u8 **bytes)
{
	if (len > in->left)
		len = in->left;
	*bytes = in->at;
	in->at += len;
	in->left -= len;
	return len;
}

static int fuzz_packet(void *context, struct imapi_packet *p)
{
	struct input *in = context;
	const u8 *head, *bytes;
	size_t len;
	u8 kind;

	in->commands++;
	if (take(in, 2, &head) < 2) {
		imapi_sense_build(5, 0x20, 0, p->sense);
		p->sense_len = IMAPI_SENSE_FIXED;
		return 0;
	}
	kind = head[0] >> 4;
	if (kind == FAILURE)
		return -ETIMEDOUT;
	if (kind == GOOD)
		return 0;
	len = take(in, get_unaligned_be16(head) & 0xfff, &bytes);
	if (kind == SENSE) {
		p->sense_len = (u32)(len < sizeof(p->sense) ? len : sizeof(p->sense));
		memcpy(p->sense, bytes, p->sense_len);
		return 0;
	}
	if (len > p->len)
		len = p->len;
	if (len)
		memcpy(p->buf, bytes, len);
	if (kind != UNKNOWN_LENGTH)
		p->got = (u32)len;
	return 0;
}

static int fuzz_wait(void *context, u32 ms)
{
	(void)context;
	return ms ? 0 : -EINTR;
}

static void check_medium(const struct imapi_medium *m)
{
	u32 room = imapi_session_room(m, m->nwa);

	check(m->writable == !m->why);
	check(m->sessions <= UINT16_MAX && m->tracks <= UINT16_MAX && m->capacity <= LBAS);
	check(m->last.number <= m->sessions && m->last.start < LBAS && m->last.end <= LBAS);
	check(imapi_readable(m, m->last.start) <= m->capacity);
	check(imapi_readable(m, UINT32_MAX) == 0);
	if (m->state == IMAPI_OVERWRITABLE) {
		check(room <= (m->unformatted || m->stopped ? m->free : m->capacity));
		return;
	}
	if (m->nwa_valid)
		check(m->nwa >= m->last.end && m->free <= LBAS - m->nwa);
	if (m->writable && !m->unfinished)
		check(m->nwa_valid && room && imapi_sessions_left(m, m->nwa));
	if (room)
		check(imapi_session_takes(m, room) + imapi_closing_reserve(m) <= m->free);
}

static void check_verdict(const struct imapi_medium *m, int err, const struct imapi_volume *vol)
{
	struct imapi_verdict v;

	imapi_medium_verdict(m, err, vol->joliet, &v);
	check(!v.error || v.why);
	check(!v.read_only || v.why);
	check(v.error || v.empty || !err);
	if (!v.error && !v.read_only)
		check(m->writable && (v.empty || vol->joliet));
}

/* The look, and what a mount does then, within the mount's commands */
static void look(struct imapi_mmc *mmc, struct imapi_source *src)
{
	struct imapi_identity id;
	struct imapi_medium m;
	struct imapi_volume vol;
	u32 session;
	int err;

	err = imapi_medium_look(mmc, &m);
	check(m.type);
	if (err) {
		check(err < 0 && mmc->said);
		return;
	}
	check_medium(&m);
	src->blocks = m.capacity < BLOCKS ? m.capacity : BLOCKS;
	err = imapi_medium_volume(mmc, src, &m, 0, &vol);
	check_medium(&m);
	check_verdict(&m, err, &vol);
	imapi_medium_identify(&m, &id);
	check(imapi_identity_equal(&id, &id));
	for (session = 1; session <= OLDER; session++)
		imapi_medium_session(mmc, &m, session);
}

/* What else is asked of a drive */
static void ask_more(struct imapi_mmc *mmc)
{
	struct imapi_media_event event;
	struct imapi_track tracks[4];
	struct imapi_medium m = { .type = imapi_media_type(0x09), .state = IMAPI_APPENDABLE,
				  .tracks = 4 };
	int nr;

	mmc->left = 8;
	imapi_mmc_event(mmc, &event);
	imapi_mmc_tray(mmc, IMAPI_LOCK);
	nr = imapi_tracks_list(mmc, &m, 1, tracks, 4);
	check(nr <= 4);
	mmc->left = 20;
	nr = imapi_tracks_list(mmc, &m, 5, tracks, 4);
	check(nr <= 4);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { .at = data, .left = size };
	struct imapi_mmc mmc = { .packet = fuzz_packet, .wait = fuzz_wait, .context = &in };
	struct memdisc d;

	memdisc_init(&d, BLOCKS);
	put_set(&d, 16, 0, SESSION_BLOCKS);
	put_set(&d, 116, 100, SESSION_BLOCKS);
	if (imapi_mmc_init(&mmc))
		return 0;
	look(&mmc, &d.src);
	check(in.commands <= IMAPI_MOUNT_COMMANDS);
	ask_more(&mmc);
	check(in.commands <= IMAPI_MOUNT_COMMANDS + 8);
	imapi_mmc_exit(&mmc);
	fuzzdisc_free(&d);
	return 0;
}
