// SPDX-License-Identifier: GPL-2.0-only
/* What goes to drives, between who sends it and the kernel: this file's ioctl() comes first */
#include <dlfcn.h>
#include <pthread.h>
#include <scsi/scsi.h>
#include <scsi/sg.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include "core.h"
#include "guard.h"
#include "mmc.h"

/* ASC of unit attentions after which the disc may be another (SPC-4, annex D) */
#define ASC_MEDIUM_CHANGED	0x28
#define ASC_RESET		0x29
/* And of "not ready": there is none; it will be, or waits for a command or somebody's hand */
#define ASC_NO_MEDIUM		0x3a
#define ASC_BECOMING_READY	0x04
#define ASCQ_WANTS_COMMAND	0x02
#define ASCQ_WANTS_HAND		0x03
/* libburn asks once a second */
#define ASKED_IN_VAIN_MAX	60

static struct {
	pthread_mutex_t lock;	/* what follows; the next three stay while it is armed */
	bool armed, held_back, let_through;
	uint64_t (*changes)(void *ctx);
	void *ctx;
	uint64_t was;
	uint64_t attentions;
	bool asking;		/* between guard_asking_begin() and guard_asking_end() */
	unsigned int in_vain;	/* refusals in a row meanwhile */
} guard = { .lock = PTHREAD_MUTEX_INITIALIZER };

uint64_t guard_attentions(void)
{
	uint64_t n;

	pthread_mutex_lock(&guard.lock);
	n = guard.attentions;
	pthread_mutex_unlock(&guard.lock);
	return n;
}

void guard_begin(uint64_t (*changes)(void *ctx), void *ctx, uint64_t was)
{
	pthread_mutex_lock(&guard.lock);
	guard.armed = true;
	guard.held_back = false;
	guard.let_through = false;
	guard.changes = changes;
	guard.ctx = ctx;
	guard.was = was;
	pthread_mutex_unlock(&guard.lock);
}

bool guard_held_back(void)
{
	bool held_back;

	pthread_mutex_lock(&guard.lock);
	held_back = guard.held_back;
	pthread_mutex_unlock(&guard.lock);
	return held_back;
}

bool guard_let_through(void)
{
	bool let_through;

	pthread_mutex_lock(&guard.lock);
	let_through = guard.let_through;
	pthread_mutex_unlock(&guard.lock);
	return let_through;
}

void guard_end(void)
{
	pthread_mutex_lock(&guard.lock);
	guard.armed = false;
	guard.held_back = false;
	pthread_mutex_unlock(&guard.lock);
}

void guard_asking_begin(void)
{
	pthread_mutex_lock(&guard.lock);
	guard.asking = true;
	guard.in_vain = 0;
	pthread_mutex_unlock(&guard.lock);
}

bool guard_asking_end(void)
{
	bool in_vain;

	pthread_mutex_lock(&guard.lock);
	guard.asking = false;
	in_vain = guard.in_vain == ASKED_IN_VAIN_MAX;
	pthread_mutex_unlock(&guard.lock);
	return in_vain;
}

/* FORMAT UNIT, WRITE, RESERVE TRACK, SEND OPC, CLOSE, BLANK, SEND DISC STRUCTURE (MMC-6) */
static bool changes_disc(const struct sg_io_hdr *h)
{
	static const unsigned char opcodes[] = { 0x04, 0x2a, 0x2e, 0x53, 0x54, 0x5b, 0xa1, 0xaa,
						 0xbf };

	return h->cmdp && h->cmd_len && memchr(opcodes, h->cmdp[0], sizeof(opcodes));
}

static bool may_go(void)
{
	bool armed, go;

	pthread_mutex_lock(&guard.lock);
	armed = guard.armed;
	go = !guard.held_back;
	pthread_mutex_unlock(&guard.lock);
	if (!armed)
		return true;
	/* What counts asks for the lock as well */
	go = go && guard.changes(guard.ctx) == guard.was;
	if (go)
		return true;
	pthread_mutex_lock(&guard.lock);
	guard.held_back = true;
	pthread_mutex_unlock(&guard.lock);
	return false;
}

/* As a drive without a medium answers: nobody sends a command again for that */
static int answer_no_medium(struct sg_io_hdr *h)
{
	u8 sense[IMAPI_SENSE_FIXED];
	size_t len = h->mx_sb_len < sizeof(sense) ? h->mx_sb_len : sizeof(sense);

	imapi_sense_build(NOT_READY, 0x3a, 0, sense);
	if (h->sbp)
		memcpy(h->sbp, sense, len);
	h->sb_len_wr = h->sbp ? (unsigned char)len : 0;
	h->status = CHECK_CONDITION << 1;
	h->masked_status = CHECK_CONDITION;
	h->msg_status = 0;
	h->host_status = 0;
	h->driver_status = 0x08;	/* there is sense data */
	h->resid = (int)h->dxfer_len;
	h->duration = 0;
	h->info = SG_INFO_CHECK;
	return 0;
}

static int answer_ready(struct sg_io_hdr *h)
{
	h->sb_len_wr = 0;
	h->status = GOOD;
	h->masked_status = GOOD;
	h->msg_status = 0;
	h->host_status = 0;
	h->driver_status = 0;
	h->resid = (int)h->dxfer_len;
	h->duration = 0;
	h->info = SG_INFO_OK;
	return 0;
}

/* The question whether it is done */
static bool is_test_unit_ready(const struct sg_io_hdr *h)
{
	return h->cmdp && h->cmd_len && h->cmdp[0] == TEST_UNIT_READY;
}

static bool asked_in_vain(void)
{
	bool in_vain;

	pthread_mutex_lock(&guard.lock);
	in_vain = guard.asking && guard.in_vain == ASKED_IN_VAIN_MAX;
	pthread_mutex_unlock(&guard.lock);
	return in_vain;
}

static int (*next_ioctl)(int fd, unsigned long request, ...);

static void find_next(void)
{
	next_ioctl = (int (*)(int, unsigned long, ...))dlsym(RTLD_NEXT, "ioctl");
}

/* As libburn sees it, who asks again after any such answer */
static bool is_refusal(const struct imapi_sense *s)
{
	if (!s->key)
		return false;
	return s->key != NOT_READY || s->asc != ASC_BECOMING_READY ||
	       s->ascq == ASCQ_WANTS_COMMAND || s->ascq == ASCQ_WANTS_HAND;
}

static bool is_no_medium(const struct imapi_sense *s)
{
	return s->key == NOT_READY && s->asc == ASC_NO_MEDIUM;
}

/* Of a command that was sent: @failed is one of which nobody knows whether it came there */
static void listen(const struct sg_io_hdr *h, bool failed)
{
	struct imapi_sense s = { 0 };

	if (!failed && h->sb_len_wr && h->sbp)
		imapi_sense_parse(h->sbp, h->sb_len_wr, &s);
	pthread_mutex_lock(&guard.lock);
	if (s.key == IMAPI_UNIT_ATTENTION &&
	    (s.asc == ASC_MEDIUM_CHANGED || s.asc == ASC_RESET))
		guard.attentions++;
	/* What is answered by a unit attention was not begun (SPC-4, 5.14) */
	if (changes_disc(h) && s.key != IMAPI_UNIT_ATTENTION)
		guard.let_through = true;
	/* The tray was opened: whatever disc is in there next, it need not be the same */
	if (guard.armed && changes_disc(h) && is_no_medium(&s))
		guard.held_back = true;
	if (guard.asking && guard.in_vain < ASKED_IN_VAIN_MAX && is_test_unit_ready(h))
		guard.in_vain = is_refusal(&s) ? guard.in_vain + 1 : 0;
	pthread_mutex_unlock(&guard.lock);
}

/*
 * The program's own comes before the C library's for all that is linked with it, and
 * there is no other place from which what libburn sends could be seen in time.
 */
int ioctl(int fd, unsigned long request, ...)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct sg_io_hdr *h;
	va_list ap;
	void *arg;
	int ret;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	pthread_once(&once, find_next);
	if (request != SG_IO)
		return next_ioctl(fd, request, arg);
	h = arg;
	if (changes_disc(h) && !may_go())
		return answer_no_medium(h);
	if (is_test_unit_ready(h) && asked_in_vain())
		return answer_ready(h);
	ret = next_ioctl(fd, request, arg);
	listen(h, ret);
	return ret;
}
