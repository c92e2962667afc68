// SPDX-License-Identifier: GPL-2.0-only
/* Sending a command: what the drive's sense data says helps is done here. */
#include "mmc_private.h"

/* A command is sent so often where it is sent again at once */
#define MAX_TRIES	3u
/* Milliseconds of the first wait; each next one is twice as long, up to the last */
#define FIRST_WAIT	100u
#define LAST_WAIT	2000u

int imapi_mmc_init(struct imapi_mmc *mmc)
{
	mmc->buf = core_zalloc(IMAPI_MMC_BUFFER);
	if (!mmc->buf)
		return -ENOMEM;
	mmc->left = IMAPI_MOUNT_COMMANDS;
	mmc->patience = IMAPI_MMC_PATIENCE;
	return 0;
}

void imapi_mmc_exit(struct imapi_mmc *mmc)
{
	core_free(mmc->buf);
	mmc->buf = NULL;
}

int imapi_mmc_fail(struct imapi_mmc *mmc, const struct imapi_packet *p, const char *said, int err)
{
	mmc->opcode = p->cdb[0];
	mmc->said = said;
	return err;
}

static int send_once(struct imapi_mmc *mmc, struct imapi_packet *p)
{
	int err;

	memset(&mmc->sense, 0, sizeof(mmc->sense));
	if (!mmc->left)
		return imapi_mmc_fail(mmc, p, "the drive doesn't come to an end", -EIO);
	mmc->left--;
	if (p->len)
		memset(p->buf, 0, p->len);
	p->got = p->len;
	p->sense_len = 0;
	err = mmc->packet(mmc->context, p);
	if (err)
		return imapi_mmc_fail(mmc, p, "the drive doesn't answer", err);
	if (p->got > p->len || p->sense_len > sizeof(p->sense))
		return imapi_mmc_fail(mmc, p, "the drive's answer makes no sense", -EIO);
	return 0;
}

/* 0 after a wait; @err if that would be too long, or the wait's own error */
static int wait_some(struct imapi_mmc *mmc, u32 *ms, int err)
{
	u32 now = *ms < mmc->patience ? *ms : mmc->patience;

	if (!mmc->wait || !now)
		return err;
	mmc->patience -= now;
	*ms = *ms < LAST_WAIT / 2 ? 2 * *ms : LAST_WAIT;
	return mmc->wait(mmc->context, now);
}

int imapi_mmc_send(struct imapi_mmc *mmc, struct imapi_packet *p)
{
	const struct imapi_meaning *m;
	u32 ms = FIRST_WAIT, tries = MAX_TRIES;
	int err;

	for (;;) {
		err = send_once(mmc, p);
		if (err || !p->sense_len)
			return err;
		if (imapi_sense_parse(p->sense, p->sense_len, &mmc->sense))
			return imapi_mmc_fail(mmc, p, "the drive failed and didn't say why", -EIO);
		m = imapi_sense_meaning(&mmc->sense);
		if (!m->error)
			return 0;
		imapi_mmc_fail(mmc, p, m->text, m->error);
		if (m->advice == IMAPI_IDENTIFY)
			mmc->attention = true;
		/* A refusal stays one; an attention stood before the command, which wasn't done */
		if (m->advice == IMAPI_STOP ||
		    (m->advice == IMAPI_IDENTIFY && mmc->sense.key != IMAPI_UNIT_ATTENTION))
			return m->error;
		if (m->advice == IMAPI_WAIT)
			err = wait_some(mmc, &ms, m->error);
		else if (!--tries)
			err = m->error;
		if (err)
			return err;
	}
}

int imapi_mmc_ask(struct imapi_mmc *mmc, struct imapi_packet *p, u32 len)
{
	p->direction = IMAPI_FROM_DRIVE;
	p->buf = mmc->buf;
	p->len = len;
	return imapi_mmc_send(mmc, p);
}

int imapi_mmc_short(struct imapi_mmc *mmc, const struct imapi_packet *p)
{
	return imapi_mmc_fail(mmc, p, "the drive's answer is cut short", -EIO);
}

int imapi_mmc_nonsense(struct imapi_mmc *mmc, const struct imapi_packet *p)
{
	return imapi_mmc_fail(mmc, p, "the drive's answer makes no sense", -EIO);
}
