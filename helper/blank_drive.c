// SPDX-License-Identifier: GPL-2.0-only
/* Blanking discs: which way a medium has, and whether it was gone to its end. */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "blank.h"
#include "burner.h"
#include "confirm.h"
#include "drive.h"
#include "guard.h"
#include "log.h"
#include "meter.h"
#include "overwritable.h"
#include "text.h"

/*
 * Zeros there make an overwritable disc blank, as a mount sees it: descriptors, and the
 * head of the first session, from which the chain of the others is found.
 */
#define HEAD		(2 * IMAPI_FIRST_SESSION)
#define HEAD_BYTES	(HEAD * IMAPI_BLOCK)

enum way { REFUSE, NOTHING, ERASE_QUICK, ERASE_ALL, WRITE_OVER, FORMAT };

struct blanking {
	const struct blank_call *call;
	struct drive *drive;
	struct burner *burner;
	struct imapi_medium medium;
	u64 was;		/* changes() of when it was looked at */
	enum way way;
};

static int fail(int err, const char *why)
{
	log_line("%s", why);
	return err;
}

/* --- which way? --- */

static enum way refuse(const char **why, const char *text)
{
	*why = text;
	return REFUSE;
}

static bool is_blank(const struct imapi_medium *m)
{
	return m->type->overwritable ? m->unformatted : m->state == IMAPI_BLANK && m->writable;
}

/*
 * In the state that can be written over it stays there, which costs seconds; only all of
 * it leads back to the other one. The other one knows no quick way that leaves a disc to
 * which sessions can be appended.
 */
static enum way way_of_dvd_rw(const struct blank_call *call, const struct imapi_medium *m,
			      const char **why)
{
	if (m->type->kind == IMAPI_DVD_RW || call->full)
		return ERASE_ALL;
	if (!imapi_session_room(m, IMAPI_FIRST_SESSION))
		return refuse(why, "the disc can't be written over, or was formatted in the quick way, and has no room for a session: --full makes a blank one of it");
	return WRITE_OVER;
}

static enum way way_of(const struct blank_call *call, const struct imapi_medium *m,
		       const char **why)
{
	if (is_blank(m) && !call->full)
		return NOTHING;
	switch (m->type->kind) {
	case IMAPI_CD_RW:
		return call->full ? ERASE_ALL : ERASE_QUICK;
	case IMAPI_DVD_RW:
	case IMAPI_DVD_RW_OVER:
		return way_of_dvd_rw(call, m, why);
	case IMAPI_DVD_PLUS_RW:
	case IMAPI_DVD_RAM:
	case IMAPI_BD_RE:
		if (!m->writable)
			return refuse(why, m->why);
		return call->full ? FORMAT : WRITE_OVER;
	case IMAPI_PRESSED:
	case IMAPI_OTHER:
		return refuse(why, "this kind of disc can't be blanked");
	default:
		return refuse(why, "the disc can be written once, and not be blanked");
	}
}

/* --- doing it --- */

static int look(struct blanking *b, struct imapi_medium *m)
{
	struct drive_view view;
	int err = drive_look(b->drive, &view);

	if (err)
		return fail(err, err == -ENOMEDIUM ? "no disc is in the drive" :
						     drive_said(b->drive));
	*m = view.medium;
	return 0;
}

static int ask(const struct blanking *b)
{
	const struct imapi_medium *m = &b->medium;
	char question[512], sessions[48] = "";

	if (!m->type->overwritable)
		snprintf(sessions, sizeof(sessions), ", %u session%s", m->sessions,
			 text_plural(m->sessions));
	snprintf(question, sizeof(question),
		 "Blank the %s in %s%s? All that is on it is lost.", m->type->name,
		 b->call->source, sessions);
	return confirm(question);
}

static u64 changes(void *ctx)
{
	const struct blanking *b = ctx;

	return drive_changes(b->drive);
}

/* It may have been exchanged while the question stood there, for one of its make as well */
static int same_disc(struct blanking *b)
{
	struct imapi_identity was, is;
	struct imapi_medium now;
	int err;

	err = look(b, &now);
	if (err)
		return err;
	imapi_medium_identify(&b->medium, &was);
	imapi_medium_identify(&now, &is);
	return changes(b) == b->was && imapi_identity_equal(&was, &is) ? 0 :
		fail(-EMEDIUMTYPE, "another disc may be in the drive now: nothing was blanked");
}

static void tell(void *ctx, unsigned int percent)
{
	(void)ctx;
	meter_show_percent("blank", percent);
}

static int wipe(void *ctx, u32 lba)
{
	static const u8 zeros[IMAPI_FIRST_SESSION * IMAPI_BLOCK];
	struct blanking *b = ctx;

	return burner_write_at(b->burner, lba, zeros, IMAPI_FIRST_SESSION);
}

static int read_blocks(void *ctx, u32 lba, u32 count, void *buf)
{
	return drive_read(ctx, lba, count, buf);
}

/* What holds no sessions loses its beginning */
static int write_over(struct blanking *b)
{
	const struct imapi_source src = {
		.read = read_blocks, .ctx = b->drive, .blocks = b->medium.capacity,
	};
	struct imapi_sessions s;
	int err;

	if (imapi_sessions_scan(&src, &s))
		memset(&s, 0, sizeof(s));
	err = overwritable_forget(&src, &s, wipe, b);
	core_free(s.list);
	return err ? err : burner_sync(b->burner);
}

static int erase(struct blanking *b, enum burner_erase how)
{
	bool shown = isatty(STDERR_FILENO);
	int err;

	err = burner_erase(b->burner, how, shown ? tell : NULL, NULL);
	if (shown)
		meter_clear();
	/* libburn asks by TEST UNIT READY alone */
	if (!err)
		drive_settle(b->drive);
	return err;
}

/* Drives may tell of a change that they made themselves */
static int trust_again(struct blanking *b)
{
	struct imapi_identity was, is;
	struct imapi_medium now;
	int err;

	b->was = changes(b);
	err = look(b, &now);
	if (err)
		return err;
	imapi_medium_identify(&b->medium, &was);
	imapi_medium_identify(&now, &is);
	if (!imapi_identity_same_medium(&was, &is))
		return fail(-EMEDIUMTYPE, "another disc is in the drive now: it was left as it is");
	guard_begin(changes, b, b->was);
	return 0;
}

static int do_it(struct blanking *b)
{
	int err;

	switch (b->way) {
	case ERASE_QUICK:
		return erase(b, BURNER_ERASE_QUICK);
	case ERASE_ALL:
		return erase(b, BURNER_ERASE_ALL);
	case FORMAT:
		/* A format in the background leaves what is there */
		err = write_over(b);
		if (!err)
			err = erase(b, BURNER_FORMAT_ANEW);
		if (!err)
			err = trust_again(b);
		return err ? err : write_over(b);
	default:
		return write_over(b);
	}
}

/* The drive goes on with it whatever happens to this process: nothing is to end it here */
static void hold_signals(int how)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGQUIT);
	sigprocmask(how, &set, NULL);
}

static int with_burner(struct blanking *b)
{
	int err = burner_open(drive_burner_path(b->drive), &b->burner);

	if (!err)
		err = same_disc(b);
	else
		log_line("the drive can't be written to: %s",
			 b->burner ? burner_said(b->burner) : strerror(-err));
	if (!err) {
		guard_begin(changes, b, b->was);
		err = do_it(b);
		if (guard_held_back())
			err = fail(-EMEDIUMTYPE, "the disc was taken out or the drive reset meanwhile: look at it and blank it again");
		else if (err && err != -EMEDIUMTYPE)
			log_line("the drive failed to blank the disc: %s",
				 burner_said(b->burner));
		guard_end();
	}
	if (b->burner) {
		burner_close(b->burner);
		drive_start(b->drive);
	}
	return err;
}

/* --- did it? --- */

static int head_is_zero(struct blanking *b)
{
	u8 *buf = malloc(HEAD_BYTES);
	int ret = buf ? drive_read(b->drive, 0, HEAD, buf) : -ENOMEM;

	if (!ret)
		ret = !buf[0] && !memcmp(buf, buf + 1, HEAD_BYTES - 1);
	free(buf);
	return ret;
}

static int check(struct blanking *b, struct blank_result *result)
{
	struct imapi_medium now;
	int err, blank;

	drive_forget(b->drive);
	err = look(b, &now);
	if (err)
		return err;
	blank = is_blank(&now);
	if (!blank && now.type->overwritable && now.writable)
		blank = head_is_zero(b);
	if (blank < 0)
		return fail(blank, "the drive blanked the disc, and can't read it now");
	if (!blank)
		return fail(-EIO, "the drive said that the disc is blank, and it is not");
	result->kind = now.type->name;
	result->free = (u64)imapi_session_room(&now, now.type->overwritable ?
					       IMAPI_FIRST_SESSION : now.nwa) * IMAPI_BLOCK;
	return 0;
}

/* --- all of it --- */

static int blank_medium(struct blanking *b, struct blank_result *result)
{
	int err;

	if (b->way == NOTHING) {
		result->already = true;
		return check(b, result);
	}
	if (!b->call->yes && ask(b))
		return -ECANCELED;
	err = drive_burn_begin(b->drive);
	if (err)
		return fail(err, text_drive_error(err));
	hold_signals(SIG_BLOCK);
	err = with_burner(b);
	if (!err)
		err = check(b, result);
	hold_signals(SIG_UNBLOCK);
	drive_burn_end(b->drive);
	return err;
}

static int with_drive(struct blanking *b, struct blank_result *result)
{
	const char *why;
	int err;

	if (!drive_may_write(b->drive))
		return fail(-EACCES, text_drive_error(-EACCES));
	err = drive_claim(b->drive);
	if (err)
		return fail(err, text_drive_error(err));
	/* Some have no lock */
	drive_hold_tray(b->drive);
	err = look(b, &b->medium);
	if (err)
		return err;
	b->was = changes(b);
	b->way = way_of(b->call, &b->medium, &why);
	return b->way == REFUSE ? fail(-EROFS, why) : blank_medium(b, result);
}

int blank_drive(const struct blank_call *call, struct blank_result *result)
{
	struct blanking b = { .call = call };
	char path[PATH_MAX];
	int err;

	err = drive_open(drive_block_device(call->source, path, sizeof(path)), 0,
			 &b.drive);
	if (err)
		return fail(err, text_drive_error(err));
	err = with_drive(&b, result);
	drive_close(b.drive);
	return err;
}
