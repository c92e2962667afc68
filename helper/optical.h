/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The recorder of discs in drives: recorder_drive.c opens, optical_state.c looks and
 * identifies, optical_read.c reads, optical_burn.c takes the burner, optical_append.c
 * writes on media that are written once or in sequence, and optical_overwrite.c on
 * those that can be written over.
 */
#ifndef IMAPI_OPTICAL_H
#define IMAPI_OPTICAL_H

#include <pthread.h>
#include "burner.h"
#include "compose.h"
#include "drive.h"
#include "recorder.h"

/* What a session is collected in; a multiple of what any medium writes at once */
#define OPTICAL_BUFFER		(1u << 20)
/*
 * Overwritable media: zeros in front of a first session, where the descriptors go.
 * Others: the beginning of the session that is written, with its own
 */
#define OPTICAL_HEAD		(IMAPI_FIRST_SESSION * IMAPI_BLOCK)

/**
 * struct optical - a disc in a drive
 * @rec: what everybody else sees of it
 * @drive: it is in there
 * @shared: for reading alone: others may read as well
 * @denied: why it can't be written though the disc could, NULL: it can
 * @said: what @rec.trouble points to where it is no fixed sentence
 * @burner: from the first session that is written on, NULL: none was, or it went wrong
 * @start: where the session began that is written, lba
 * @blocks: its length with all padding
 * @fed: blocks of it that went to @burner
 * @buf: OPTICAL_BUFFER bytes; @fill of them wait to be written
 * @head: OPTICAL_HEAD bytes; overwritable media: blocks 0 to 31 as they were
 * @descriptors: hash of those of the session that is written, once it begins to be;
 *	overwritable media: of those that go to block 16
 * @begun: overwritable media: hash of those behind @start
 * @torn: a burn ended and nobody knows what is on the disc: what can be of our own
 *	making is taken for granted
 * @was_torn: that, when the burn began
 * @head_torn: ... and block 16 is what isn't known; @head has to be put back
 * @repairing: a session of somebody else's is closed, whatever is in it
 * @trusted: drive_changes() of when the disc was last found to be ours
 * @warned: that a blank disc may be another one; who commits after that means it
 * @lock: what follows, and changes of @medium
 * @moved: any of these
 * @away: the burner has the drive; @owner alone may read
 * @readers: on their way
 * @medium: as it was last adopted
 */
struct optical {
	struct recorder rec;
	struct drive *drive;
	bool shared;
	const char *denied;
	char said[192];

	struct burner *burner;
	u32 start, blocks, fed;
	u8 *buf;
	u32 fill;
	u8 *head;
	u64 descriptors, begun;
	bool torn, was_torn, head_torn, repairing, warned;
	u64 trusted;

	pthread_mutex_t lock;
	pthread_cond_t moved;
	bool away;
	pthread_t owner;
	u32 readers;
	struct imapi_medium medium;
};

static inline struct optical *to_optical(struct recorder *r)
{
	return (struct optical *)((char *)r - offsetof(struct optical, rec));
}

/* Puts a sentence into @o->rec.trouble; Return: @err */
int optical_fail(struct optical *o, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* --- optical_state.c --- */

/* Where a session is; run-out blocks, which can't be read, are no part of it for us */
void optical_place_session(const struct imapi_medium *m, const struct imapi_place *place,
			   struct imapi_session *s);

/* What is on the disc is what there is from here on; else -errno, and @why says why */
int optical_look_first(struct optical *o, const char **why);

/**
 * optical_compare - is what is in the drive what is remembered?
 * @o: the disc
 * @trouble: if it isn't, one line that says what it is and what to do; good until the
 *	next call. NULL: not wanted
 *
 * Return: 0; -ENOMEDIUM; -EMEDIUMTYPE: another disc; or why the drive can't tell.
 */
int optical_compare(struct optical *o, const char **trouble);

/*
 * Can what is remembered be read from what is in the drive? What somebody burned behind it
 * doesn't matter. 0, or as optical_compare()
 */
int optical_find(struct optical *o);

/*
 * optical_compare() for a commit: @o->rec.trouble says it, and what a burn of ours left is adopted.
 * A blank disc is refused, once, if somebody told of a change since it was last found: no
 * other mark tells it from the next of its make
 */
int optical_check(struct optical *o);

/* drive_changes(), for guard.h; @ctx: struct optical */
u64 optical_changes(void *ctx);

/* Overwritable: is the session at @o->start the one that was never finished? */
bool optical_has_begun_session(struct optical *o);

/* Of a session's first OPTICAL_HEAD bytes: hash of its own descriptors; 0: there are none */
u64 optical_hash_descriptors(const u8 *beginning);

/*
 * The disc is what this program has made of it: looks at it, and remembers what there
 * is if it is that disc. 0, or -errno and it is @o->torn
 */
int optical_adopt(struct optical *o);

/* --- optical_read.c --- */

/* struct imapi_source's, with @ctx a struct optical */
int optical_read(void *ctx, u32 lba, u32 count, void *buf);

/* The drive is the burner's: waits for readers to be out, and keeps others off */
int optical_take(struct optical *o);
void optical_give_back(struct optical *o);

/* --- optical_burn.c: what both ways of writing begin and end with --- */

/* Takes the drive, opens the burner, and checks the disc once more; 0 or -errno */
int optical_burn_begin(struct optical *o);

/* Opens the burner, or has it go on: 0, or what burner_open() returned */
int optical_open_burner(struct optical *o);

/*
 * After a command that wrote has failed: 0, or -EMEDIUMTYPE if the disc may be another
 * by now, and nothing went to that one
 */
int optical_held_back(struct optical *o);

/* Says so: -EMEDIUMTYPE */
int optical_changed(struct optical *o);

/* The disc was looked at, and is still ours; @changes: optical_changes() from before that */
void optical_burn_go_on(struct optical *o, u64 changes);

/* Gives the drive back, and has the burner rest; may be called without a begin */
void optical_burn_end(struct optical *o);

/* The burner's end: the disc stops, and is told to turn again */
void optical_let_go(struct optical *o);

/* Blocks, or bytes of a file padded to blocks, into @o->buf, which @drain empties */
int optical_put(struct optical *o, const void *buf, u32 count, int (*drain)(struct optical *o));
int optical_put_file(struct optical *o, int fd, u64 size, int (*drain)(struct optical *o));

/* --- the two tables --- */

extern const struct recorder_ops optical_append_ops;
extern const struct recorder_ops optical_overwrite_ops;

int optical_repair(struct recorder *r);
int optical_append_begin(struct recorder *r, u32 blocks);
int optical_append_write(struct recorder *r, const void *buf, u32 count);
int optical_append_copy(struct recorder *r, int fd, u64 size);
int optical_append_flush(struct recorder *r);
int optical_append_finish(struct recorder *r, const void *head, u32 count);
void optical_append_abort(struct recorder *r);

int optical_overwrite_begin(struct recorder *r, u32 blocks);
int optical_overwrite_write(struct recorder *r, const void *buf, u32 count);
int optical_overwrite_copy(struct recorder *r, int fd, u64 size);
int optical_overwrite_flush(struct recorder *r);
int optical_overwrite_finish(struct recorder *r, const void *head, u32 count);
void optical_overwrite_abort(struct recorder *r);

/* What a commit left at block 16 is put right; 0 or -errno */
int optical_overwrite_mend(struct optical *o);

#endif
