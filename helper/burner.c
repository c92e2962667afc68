// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <libburn/libburn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "burner.h"
#include "guard.h"

#define SECTOR		2048u
/* What may be ahead of the drive, whose own buffer is some MiB */
#define FEED_BYTES	(8u << 20)
#define POLL_MS		50
#define SAID		256
/* libburn sleeps for half a second behind a burn that failed; with room to spare */
#define STRAGGLE_S	2

/* From who composes the session to libburn's thread */
struct feed {
	pthread_mutex_t lock;		/* what follows */
	pthread_cond_t moved;
	unsigned char *ring;
	uint64_t in, out;		/* bytes since the begin */
	bool cancelled;			/* nothing more comes */
	bool closed;			/* libburn wants nothing more */
	uint64_t size;			/* bytes that are to come; fixed */
};

struct burner {
	struct burn_drive_info *infos;
	struct burn_drive *drive;
	struct burn_write_opts *opts;
	struct burn_disc *disc;
	struct burn_session *session;
	struct burn_track *track;
	struct feed feed;
	bool burning;
	bool last;			/* the disc is closed with the session */
	char said[SAID];
};

/* --- messages --- */

/* Keeps the worst of what libburn has to complain of, the first one of several */
static void listen(struct burner *b)
{
	char text[BURN_MSGS_MESSAGE_LEN], severity[81];
	int code, number, rank, worst = 0;

	while (burn_msgs_obtain("SORRY", &code, text, &number, severity) == 1) {
		if (burn_text_to_sev(severity, &rank, 0) <= 0 || rank <= worst)
			continue;
		worst = rank;
		snprintf(b->said, sizeof(b->said), "%.255s", text);
	}
}

static int failed(struct burner *b, int err)
{
	if (!b->said[0])
		listen(b);
	if (!b->said[0])
		snprintf(b->said, sizeof(b->said), "libburn does not say why");
	return err;
}

/* What an earlier call left said is not this one's */
static void clear_said(struct burner *b)
{
	listen(b);
	b->said[0] = '\0';
}

/*
 * After a call that began with clear_said(). What libburn's own functions return is not
 * enough: a failed flush only marks the drive as cancelled, and of a command that never
 * reached the drive there is a message and nothing else.
 */
static int went_well(struct burner *b)
{
	listen(b);
	if (!b->said[0] && burn_drive_wrote_well(b->drive) == 1)
		return 0;
	return failed(b, -EIO);
}

const char *burner_said(const struct burner *b)
{
	return b->said;
}

/* --- the feed --- */

static int feed_init(struct feed *f)
{
	memset(f, 0, sizeof(*f));
	f->ring = malloc(FEED_BYTES);
	if (!f->ring)
		return -ENOMEM;
	pthread_mutex_init(&f->lock, NULL);
	pthread_cond_init(&f->moved, NULL);
	return 0;
}

static void feed_exit(struct feed *f)
{
	if (!f->ring)
		return;
	pthread_mutex_destroy(&f->lock);
	pthread_cond_destroy(&f->moved);
	free(f->ring);
	f->ring = NULL;
}

/* Of @len bytes at @pos, and @there of them to be had: how many are in one piece? */
static size_t ring_piece(uint64_t pos, size_t len, size_t there)
{
	size_t to_end = FEED_BYTES - (size_t)(pos % FEED_BYTES);

	if (len > there)
		len = there;
	return len < to_end ? len : to_end;
}

/* 0: there is nothing more */
static size_t feed_get(struct feed *f, unsigned char *buf, size_t len)
{
	size_t part;

	while (f->in == f->out && f->out < f->size && !f->cancelled)
		pthread_cond_wait(&f->moved, &f->lock);
	if (f->cancelled)
		return 0;
	part = ring_piece(f->out, len, (size_t)(f->in - f->out));
	memcpy(buf, f->ring + f->out % FEED_BYTES, part);
	f->out += part;
	pthread_cond_broadcast(&f->moved);
	return part;
}

static void feed_stop(struct feed *f, bool *which)
{
	pthread_mutex_lock(&f->lock);
	*which = true;
	pthread_cond_broadcast(&f->moved);
	pthread_mutex_unlock(&f->lock);
}

/* Libburn's thread: -1 after a cancel, so that it is no end of the data for it */
static int source_read(struct burn_source *source, unsigned char *buffer, int size)
{
	struct feed *f = source->data;
	size_t have = 0, part = 1;
	bool cancelled;

	pthread_mutex_lock(&f->lock);
	while (have < (size_t)size && part) {
		part = feed_get(f, buffer + have, (size_t)size - have);
		have += part;
	}
	cancelled = f->cancelled;
	pthread_mutex_unlock(&f->lock);
	return cancelled ? -1 : (int)have;
}

static off_t source_size(struct burn_source *source)
{
	const struct feed *f = source->data;

	return (off_t)f->size;
}

/*
 * Libburn's thread, after a write that failed: what comes next is the closing of CD's and
 * DVD-R's sessions, broken or not. Of the last one that would be the end of the disc, with
 * a session that nobody can read. libburn closes none that is written at once, as this one
 * is said to be from here on; what was begun is left for burner_repair().
 */
static int source_cancel(struct burn_source *source)
{
	struct feed *f = source->data;
	struct burner *b = (struct burner *)((char *)f - offsetof(struct burner, feed));

	if (b->last)
		burn_write_opts_set_write_type(b->opts, BURN_WRITE_SAO, BURN_BLOCK_SAO);
	return 1;
}

static int source_set_size(struct burn_source *source, off_t size)
{
	(void)source;
	(void)size;
	return 1;
}

static struct burn_source *source_new(struct feed *f)
{
	struct burn_source *source = calloc(1, sizeof(*source));

	if (!source)
		return NULL;
	source->refcount = 1;
	/* With @read there would be no @cancel */
	source->version = 1;
	source->read_xt = source_read;
	source->get_size = source_size;
	source->set_size = source_set_size;
	source->cancel = source_cancel;
	source->data = f;
	return source;
}

/* --- the drive --- */

static int disc_there(const struct burner *b)
{
	switch (burn_disc_get_status(b->drive)) {
	case BURN_DISC_EMPTY:
		return -ENOMEDIUM;
	case BURN_DISC_UNGRABBED:
	case BURN_DISC_UNREADY:
		return -EIO;
	default:
		return 0;
	}
}

static int grab(struct burner *b, const char *device)
{
	char adr[BURN_DRIVE_ADR_LEN];
	int ret;

	if ((size_t)snprintf(adr, sizeof(adr), "%s", device) >= sizeof(adr))
		return -ENAMETOOLONG;
	/* Nobody has it alone while it is mounted, and the mount is ours */
	burn_preset_device_open(0, 0, 0);
	ret = burn_drive_scan_and_grab(&b->infos, adr, 0);
	if (ret != 1)
		return failed(b, ret ? -EIO : -EBUSY);
	b->drive = b->infos[0].drive;
	ret = disc_there(b);
	return ret ? failed(b, ret) : 0;
}

int burner_open(const char *device, struct burner **out)
{
	struct burner *b = calloc(1, sizeof(*b));
	int err;

	if (!b)
		return -ENOMEM;
	err = feed_init(&b->feed);
	if (err || !burn_initialize()) {
		feed_exit(&b->feed);
		free(b);
		return err ? err : -EIO;
	}
	burn_msgs_set_severities("SORRY", "NEVER", "");
	*out = b;
	return grab(b, device);
}

static void session_free(struct burner *b)
{
	if (b->track)
		burn_track_free(b->track);
	if (b->session)
		burn_session_free(b->session);
	if (b->disc)
		burn_disc_free(b->disc);
	if (b->opts)
		burn_write_opts_free(b->opts);
	b->track = NULL;
	b->session = NULL;
	b->disc = NULL;
	b->opts = NULL;
}

static void wait_idle(struct burner *b)
{
	const struct timespec poll = { .tv_nsec = POLL_MS * 1000000L };

	while (burn_drive_get_status(b->drive, NULL) != BURN_DRIVE_IDLE)
		nanosleep(&poll, NULL);
}

/*
 * A drive that is lost is idle for libburn at once, while its thread goes on with the burn:
 * until that has found out, nothing may be freed that it uses, and nothing tells of its end.
 */
static void wait_for_thread(struct burner *b)
{
	struct timespec left = { .tv_sec = STRAGGLE_S };

	wait_idle(b);
	if (burn_drive_wrote_well(b->drive) == 1)
		return;
	while (nanosleep(&left, &left) && errno == EINTR)
		;
}

/* The last burn ended as it should, so libburn's state is what the drive's is */
static bool is_well(const struct burner *b)
{
	return b->drive && !b->burning && !b->said[0];
}

int burner_rest(struct burner *b)
{
	if (!is_well(b))
		return -EIO;
	session_free(b);
	return 0;
}

int burner_wake(struct burner *b)
{
	int err;

	clear_said(b);
	if (burn_drive_re_assess(b->drive, 0) != 1)
		return failed(b, -EIO);
	err = disc_there(b);
	return err ? failed(b, err) : 0;
}

void burner_close(struct burner *b)
{
	if (!b)
		return;
	if (b->burning) {
		feed_stop(&b->feed, &b->feed.cancelled);
		burn_drive_cancel(b->drive);
		wait_for_thread(b);
	}
	session_free(b);
	if (b->drive)
		burn_drive_leave_locked(b->drive, 0);
	if (b->infos)
		burn_drive_info_free(b->infos);
	burn_finish();
	feed_exit(&b->feed);
	free(b);
}

/* --- a session --- */

static int make_session(struct burner *b)
{
	struct burn_source *source;
	enum burn_source_status status;

	b->disc = burn_disc_create();
	b->session = burn_session_create();
	b->track = burn_track_create();
	source = source_new(&b->feed);
	if (!b->disc || !b->session || !b->track || !source)
		goto no_memory;
	burn_track_define_data(b->track, 0, 0, 0, BURN_MODE1);
	status = burn_track_set_source(b->track, source);
	/* The track has a reference of its own by now */
	burn_source_free(source);
	if (status != BURN_SOURCE_OK || !burn_session_add_track(b->session, b->track, BURN_POS_END) ||
	    !burn_disc_add_session(b->disc, b->session, BURN_POS_END))
		return -EIO;
	return 0;
no_memory:
	free(source);
	return -ENOMEM;
}

static int set_options(struct burner *b, const struct burner_session *s)
{
	b->opts = burn_write_opts_new(b->drive);
	if (!b->opts)
		return -ENOMEM;
	burn_write_opts_set_multi(b->opts, !s->last);
	burn_write_opts_set_underrun_proof(b->opts, 1);
	burn_write_opts_set_perform_opc(b->opts, 0);
	/* Each command costs, and by itself it takes half of this on DVDs */
	burn_write_opts_set_dvd_obs(b->opts, 64 << 10);
	/* On media that are no CDs this is libburn's name for "incrementally" */
	if (burn_write_opts_set_write_type(b->opts, BURN_WRITE_TAO, BURN_BLOCK_MODE1) != 1)
		return -EINVAL;
	burn_drive_set_speed(b->drive, 0, (int)s->speed);
	return 0;
}

/* Would it start where the session was composed for? */
static int check_start(struct burner *b, const struct burner_session *s)
{
	char reasons[BURN_REASONS_LEN];
	int lba, nwa;

	if (burn_precheck_write(b->opts, b->disc, reasons, 1) != 1) {
		snprintf(b->said, sizeof(b->said), "%.255s", reasons);
		return -EINVAL;
	}
	if (burn_disc_track_lba_nwa(b->drive, b->opts, 0, &lba, &nwa) != 1 || nwa < 0 ||
	    (uint32_t)nwa != s->nwa) {
		snprintf(b->said, sizeof(b->said),
			 "the drive's next writable address is not %u", s->nwa);
		return -ESTALE;
	}
	return 0;
}

int burner_begin(struct burner *b, const struct burner_session *s)
{
	int err;

	clear_said(b);
	b->feed.in = 0;
	b->feed.out = 0;
	b->feed.cancelled = false;
	b->feed.closed = false;
	b->feed.size = (uint64_t)s->blocks * SECTOR;
	b->last = s->last;
	err = make_session(b);
	if (!err)
		err = set_options(b, s);
	if (!err)
		err = check_start(b, s);
	if (err) {
		session_free(b);
		return failed(b, err);
	}
	burn_disc_write(b->opts, b->disc);
	b->burning = true;
	return 0;
}

/* Libburn's thread may end without a word to who feeds it */
static void wait_for_room(struct burner *b)
{
	struct feed *f = &b->feed;
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	while (f->in - f->out == FEED_BYTES && !f->closed) {
		until.tv_sec++;
		if (pthread_cond_timedwait(&f->moved, &f->lock, &until) == ETIMEDOUT)
			f->closed = burn_drive_get_status(b->drive, NULL) == BURN_DRIVE_IDLE;
	}
}

/* Under the feed's lock. Return: how many bytes were taken, 0: none are any more */
static size_t feed_put(struct burner *b, const unsigned char *buf, size_t len)
{
	struct feed *f = &b->feed;
	size_t part;

	wait_for_room(b);
	if (f->closed)
		return 0;
	part = ring_piece(f->in, len, FEED_BYTES - (size_t)(f->in - f->out));
	memcpy(f->ring + f->in % FEED_BYTES, buf, part);
	f->in += part;
	pthread_cond_broadcast(&f->moved);
	return part;
}

int burner_feed(struct burner *b, const void *buf, size_t len)
{
	struct feed *f = &b->feed;
	size_t done = 0, part = 1;

	pthread_mutex_lock(&f->lock);
	while (done < len && part) {
		part = feed_put(b, (const unsigned char *)buf + done, len - done);
		done += part;
	}
	pthread_mutex_unlock(&f->lock);
	return done == len ? 0 : failed(b, -EIO);
}

int burner_end(struct burner *b)
{
	struct feed *f = &b->feed;
	bool all;

	if (!b->burning)
		return -EINVAL;
	if (f->in < f->size)
		feed_stop(f, &f->cancelled);
	wait_for_thread(b);
	b->burning = false;
	all = f->out == f->size && burn_drive_wrote_well(b->drive) == 1;
	session_free(b);
	return all ? 0 : failed(b, -EIO);
}

uint64_t burner_done(struct burner *b)
{
	uint64_t done;

	pthread_mutex_lock(&b->feed.lock);
	done = b->feed.out;
	pthread_mutex_unlock(&b->feed.lock);
	return done;
}

/* --- overwritable media --- */

void burner_set_speed(struct burner *b, uint32_t speed)
{
	burn_drive_set_speed(b->drive, 0, (int)speed);
}

static int write_over(struct burner *b, off_t at, char *data, off_t bytes, int flags)
{
	clear_said(b);
	if (burn_random_access_write(b->drive, at, data, bytes, flags) != 1)
		return failed(b, -EIO);
	return went_well(b);
}

int burner_write_at(struct burner *b, uint32_t lba, const void *buf, uint32_t count)
{
	/* It takes a pointer to what it doesn't change */
	char *data = (char *)(uintptr_t)buf;

	return write_over(b, (off_t)lba * SECTOR, data, (off_t)count * SECTOR, 0);
}

#define FLUSH	1

int burner_sync(struct burner *b)
{
	char none;

	return write_over(b, 0, &none, 0, FLUSH);
}

/* --- formatting and erasing --- */

#define FORMAT_BY_SIZE	0
#define FORMAT_DEFAULT	(3 << 1)
#define FORMAT_ANEW	(1 << 4)
#define FORMAT_QUICKLY	(1 << 6)

static int begin_format(struct burner *b, bool anew)
{
	int profile, how;
	char name[80];

	if (burn_disc_get_profile(b->drive, &profile, name) != 1)
		return -EIO;
	/* A DVD+RW is formatted in the background, whatever size is asked for */
	how = profile == 0x1a ? FORMAT_BY_SIZE : FORMAT_DEFAULT;
	/* Certifying a BD-RE takes as long as filling it: not within a commit */
	if (anew)
		how |= FORMAT_ANEW;
	else if (profile == 0x43)
		how |= FORMAT_QUICKLY;
	burn_disc_format(b->drive, 0, how);
	return 0;
}

static void follow(struct burner *b, void (*tell)(void *ctx, unsigned int percent), void *ctx)
{
	const struct timespec poll = { .tv_nsec = POLL_MS * 1000000L };
	struct burn_progress p = { .sectors = 0 };

	while (burn_drive_get_status(b->drive, &p) != BURN_DRIVE_IDLE) {
		if (tell && p.sectors > 0 && p.sector >= 0 && p.sector <= p.sectors)
			tell(ctx, (unsigned int)((uint64_t)p.sector * 100 /
						 (unsigned int)p.sectors));
		nanosleep(&poll, NULL);
	}
}

/* After guard_asking_begin() and a begin that returned @err */
static int see_through(struct burner *b, int err, void (*tell)(void *ctx, unsigned int percent),
		       void *ctx)
{
	if (!err)
		follow(b, tell, ctx);
	if (!guard_asking_end())
		return err ? failed(b, err) : went_well(b);
	clear_said(b);
	snprintf(b->said, sizeof(b->said), "the drive comes to no end with it");
	return -EIO;
}

int burner_format(struct burner *b)
{
	clear_said(b);
	guard_asking_begin();
	return see_through(b, begin_format(b, false), NULL, NULL);
}

int burner_erase(struct burner *b, enum burner_erase how,
		 void (*tell)(void *ctx, unsigned int percent), void *ctx)
{
	int err = 0;

	clear_said(b);
	guard_asking_begin();
	if (how == BURNER_FORMAT_ANEW) {
		err = begin_format(b, true);
	} else {
		/* It takes none with a first session that is open, as a torn BLANK leaves one */
		burn_disc_pretend_full(b->drive);
		burn_disc_erase(b->drive, how == BURNER_ERASE_QUICK);
	}
	return see_through(b, err, tell, ctx);
}

/* --- what another burn left --- */

#define FORCE_CLOSE	1

int burner_repair(struct burner *b)
{
	const struct burner_session s = { 0 };
	int err;

	clear_said(b);
	err = set_options(b, &s);
	if (!err && burn_disc_close_damaged(b->opts, FORCE_CLOSE) != 1)
		err = -EIO;
	session_free(b);
	return err ? failed(b, err) : 0;
}
