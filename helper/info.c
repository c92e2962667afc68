// SPDX-License-Identifier: GPL-2.0-only
/* imapifs info: what is on a disc or image, and what is staged for it */
#include <getopt.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "commands.h"
#include "control.h"
#include "json.h"
#include "log.h"
#include "medium.h"
#include "recorder.h"
#include "text.h"
#include <linux/imapifs.h>

struct info {
	const char *name;		/* as it was given */
	bool json;
	bool mounted;			/* @status is filled in */
	struct imapifs_status status;
	struct recorder *rec;
};

struct date {
	char s[32];
};

/* Tracks asked for at once */
#define TRACKS	64u

static const char usage_text[] = "usage: imapifs info SOURCE|DIR [--json]\n";

/* -EINVAL: wrong; -ECANCELED: only help was asked for */
static int parse(int argc, char **argv, struct info *info)
{
	static const struct option longs[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
		if (c == 'h')
			return -ECANCELED;
		if (c != 'j')
			return -EINVAL;
		info->json = true;
	}
	if (optind != argc - 1)
		return -EINVAL;
	info->name = argv[optind];
	return 0;
}

static const char *state_name(const struct recorder *rec)
{
	if (!rec->writable)
		return "read-only";
	return rec->blank ? "blank" : "appendable";
}

static u64 free_bytes(const struct info *info)
{
	return info->rec->writable ? info->rec->ops->room(info->rec) * IMAPI_BLOCK : 0;
}

/* The shortest ones; of more in an image than that nobody would list any */
static u64 sessions_left(const struct info *info)
{
	u64 left = free_bytes(info) / (IMAPI_SESSION_ALIGN * IMAPI_BLOCK);
	u32 listed = info->rec->sessions.nr;

	if (info->rec->disc.kind)
		return info->rec->disc.more;
	if (listed >= IMAPI_MAX_SESSIONS)
		return 0;
	return left < IMAPI_MAX_SESSIONS - listed ? left : IMAPI_MAX_SESSIONS - listed;
}

/* "2024-05-01 12:00:00", or "" for a date that wasn't recorded */
static struct date date_text(s64 seconds)
{
	struct date out = { "" };
	time_t t = seconds;
	struct tm tm;

	if (seconds && gmtime_r(&t, &tm))
		strftime(out.s, sizeof(out.s), "%Y-%m-%d %H:%M:%S", &tm);
	return out;
}

static void json_status(struct json *j, const struct imapifs_status *s)
{
	json_open(j, "mount", '{');
	json_string(j, "face", s->face);
	json_string(j, "source", s->source);
	json_number(j, "pid", s->helper_pid);
	json_bool(j, "read_only", s->flags & IMAPIFS_READONLY);
	json_bool(j, "manual", s->flags & IMAPIFS_MANUAL);
	json_bool(j, "finalize", s->flags & IMAPIFS_FINALIZE);
	json_bool(j, "dirty", s->flags & IMAPIFS_DIRTY);
	json_number(j, "staged_files", s->staged_files);
	json_number(j, "staged_bytes", s->staged_bytes);
	json_number(j, "tree_bytes", s->tree_bytes);
	json_number(j, "free_bytes", s->free_bytes);
	json_number(j, "commits", s->commits);
	json_signed(j, "last_error", s->last_error);
	json_string(j, "message", s->message);
	json_close(j, '}');
}

static void json_session(struct json *j, u32 number, const struct imapi_session *s)
{
	json_open(j, NULL, '{');
	json_number(j, "number", number);
	json_bool(j, "readable", s->vol.desc);
	json_number(j, "start", s->start);
	json_number(j, "blocks", s->blocks);
	json_number(j, "bytes", (u64)s->blocks * IMAPI_BLOCK);
	if (s->vol.created)
		json_signed(j, "created", s->vol.created);
	else
		json_string(j, "created", NULL);
	json_string(j, "volume_id", s->vol.volid);
	json_number(j, "joliet", s->vol.joliet);
	json_close(j, '}');
}

/* --- tracks --- */

/* What printing a track needs */
struct track_out {
	struct json *json;
	u32 closed;		/* tracks of closed sessions */
	bool begun;		/* the table's head is printed */
};

/* Calls @print for each; what the drive doesn't tell is left out */
static void each_track(const struct info *info, struct json *j,
		       void (*print)(struct track_out *out, const struct imapi_track *t))
{
	struct recorder *rec = info->rec;
	struct track_out out = { .json = j, .closed = rec->disc.tracks };
	struct imapi_track list[TRACKS];
	u32 from;
	int nr, i;

	for (from = 1; from; from += (u32)nr) {
		nr = rec->ops->tracks(rec, from, list, TRACKS);
		if (nr <= 0)
			return;
		for (i = 0; i < nr; i++)
			print(&out, &list[i]);
	}
}

static bool is_data(const struct imapi_track *t)
{
	return t->mode & IMAPI_TRACK_DATA;
}

static const char *track_state(const struct track_out *out, const struct imapi_track *t)
{
	if (t->damaged)
		return "damaged";
	if (t->blank)
		return t->reserved ? "reserved" : "blank";
	return t->number > out->closed ? "open" : "closed";
}

/* Of what is not recorded yet: what there is from the next writable address on */
static u32 track_blocks(const struct imapi_track *t)
{
	return t->blank && t->nwa_valid ? t->free : t->size;
}

static void json_track(struct track_out *out, const struct imapi_track *t)
{
	struct json *j = out->json;

	json_open(j, NULL, '{');
	json_number(j, "number", t->number);
	json_number(j, "session", t->session);
	json_number(j, "start", t->start);
	json_number(j, "blocks", track_blocks(t));
	json_bool(j, "data", is_data(t));
	json_string(j, "state", track_state(out, t));
	json_close(j, '}');
}

static const char *track_kind(const struct imapi_track *t)
{
	if (t->blank)
		return "";
	return is_data(t) ? "data" : "audio";
}

static void print_track(struct track_out *out, const struct imapi_track *t)
{
	if (!out->begun)
		printf("\n%7s %10s %10s %12s  %-7s  %-8s  %s\n", "track", "start", "blocks",
		       "size", "session", "state", "kind");
	out->begun = true;
	printf("%7u %10u %10u %12s  %-7u  %-8s  %s\n", t->number, t->start, track_blocks(t),
	       text_size((u64)track_blocks(t) * IMAPI_BLOCK).s, t->session,
	       track_state(out, t), track_kind(t));
}

static void json_disc(struct json *j, const struct info *info)
{
	const struct recorder_disc *disc = &info->rec->disc;

	json_string(j, "medium", disc->kind);
	json_bool(j, "closed", disc->closed);
	json_number(j, "sessions_left", sessions_left(info));
	if (!disc->kind)
		return;
	json_open(j, "tracks", '[');
	if (info->rec->ops->tracks)
		each_track(info, j, json_track);
	json_close(j, ']');
}

static void print_json(const struct info *info)
{
	const struct recorder *rec = info->rec;
	struct json j = { .out = stdout };
	char identity[17];
	u32 i;

	imapi_identity_print(&rec->identity, identity);
	json_open(&j, NULL, '{');
	json_string(&j, "name", info->name);
	if (info->mounted)
		json_status(&j, &info->status);
	json_string(&j, "state", state_name(rec));
	json_string(&j, "why", rec->why);
	json_disc(&j, info);
	json_open(&j, "sessions", '[');
	for (i = 0; i < rec->sessions.nr; i++)
		json_session(&j, i + 1, &rec->sessions.list[i]);
	json_close(&j, ']');
	json_number(&j, "next_address", rec->nwa);
	json_number(&j, "free_bytes", free_bytes(info));
	json_number(&j, "closing_reserve_bytes", (u64)rec->disc.reserve * IMAPI_BLOCK);
	json_string(&j, "identity", identity);
	json_close(&j, '}');
}

static void print_status(const struct imapifs_status *s)
{
	printf("Mounted:          %s, by the %s face, ", s->source, s->face);
	if (s->helper_pid)
		printf("process %u\n", s->helper_pid);
	else
		puts(s->flags & IMAPIFS_READONLY ? "read-only" : "which no process serves");
	printf("Staged:           %llu file%s, %s", (unsigned long long)s->staged_files,
	       text_plural(s->staged_files), text_size(s->staged_bytes).s);
	printf("; the new tree takes up to %s\n", text_size(s->tree_bytes).s);
	/* Less than the disk has: staged data is there twice until the commit is done */
	if (!(s->flags & IMAPIFS_READONLY))
		printf("May be staged:    %s\n", text_size(s->free_bytes).s);
	printf("Burned:           %llu session%s since the mount%s\n",
	       (unsigned long long)s->commits, text_plural(s->commits),
	       control_closes(s) ? "; umount closes the disc" : "");
	if (s->message[0])
		printf("Last commit:      %s\n", s->message);
}

static void print_session(u32 number, const struct imapi_session *s)
{
	char joliet[16] = "none", volid[sizeof(s->vol.volid)];

	memcpy(volid, s->vol.volid, sizeof(volid));
	text_printable(volid);
	if (!s->vol.desc)
		snprintf(joliet, sizeof(joliet), "unread");
	else if (s->vol.joliet)
		snprintf(joliet, sizeof(joliet), "level %u", s->vol.joliet);
	printf("%7u %10u %10u %12s  %-19s  %-7s  %s\n", number, s->start, s->blocks,
	       text_size((u64)s->blocks * IMAPI_BLOCK).s, date_text(s->vol.created).s,
	       joliet, volid);
}

static void print_text(const struct info *info)
{
	const struct recorder *rec = info->rec;
	char identity[17];
	u32 i;

	imapi_identity_print(&rec->identity, identity);
	if (info->mounted)
		print_status(&info->status);
	printf("State:            %s%s%s\n", state_name(rec), rec->why ? ": " : "",
	       rec->why ? rec->why : "");
	if (rec->disc.kind)
		printf("Medium:           %s\n", rec->disc.kind);
	printf("Next address:     block %u\n", rec->nwa);
	if (!info->mounted)
		printf("Free:             %s\n", text_size(free_bytes(info)).s);
	if (rec->disc.reserve)
		printf("Closing reserve:  %s\n",
		       text_size((u64)rec->disc.reserve * IMAPI_BLOCK).s);
	else
		printf("Closing reserve:  none\n");
	printf("Sessions left:    %llu at most\n", (unsigned long long)sessions_left(info));
	printf("Identity:         %s\n", identity);
	if (rec->sessions.nr)
		printf("\n%7s %10s %10s %12s  %-19s  %-7s  %s\n", "session", "start",
		       "blocks", "size", "date (UTC)", "Joliet", "volume id");
	for (i = 0; i < rec->sessions.nr; i++)
		print_session(i + 1, &rec->sessions.list[i]);
	if (rec->ops->tracks)
		each_track(info, NULL, print_track);
}

/* One that can't be read is shown as that */
static void load_sessions(struct recorder *rec)
{
	u32 i;

	for (i = 1; i <= rec->sessions.nr; i++)
		recorder_load(rec, i);
}

/* Is @name a directory, or what a mount left whose process is gone? */
static bool is_mount(const char *name)
{
	struct stat st;

	return stat(name, &st) ? errno == ENOTCONN : S_ISDIR(st.st_mode);
}

static int run(struct info *info)
{
	const char *source = info->name, *why;
	int fd, err;

	if (is_mount(info->name)) {
		fd = control_open(info->name, &info->status);
		if (fd < 0)
			return EXIT_FAILED;
		close(fd);
		info->mounted = true;
		source = info->status.source;
	}
	err = recorder_open(source, RECORDER_READ, &info->rec, &why);
	if (err) {
		log_line("%s: %s", source, why);
		return EXIT_FAILED;
	}
	load_sessions(info->rec);
	if (info->json)
		print_json(info);
	else
		print_text(info);
	info->rec->ops->close(info->rec);
	return text_flush() ? EXIT_FAILED : EXIT_DONE;
}

int info_command(int argc, char **argv)
{
	struct info info = { 0 };
	int err = parse(argc, argv, &info);

	if (!err)
		return run(&info);
	fputs(usage_text, err == -ECANCELED ? stdout : stderr);
	return err == -ECANCELED ? EXIT_DONE : EXIT_USAGE;
}
