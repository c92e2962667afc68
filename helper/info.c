// SPDX-License-Identifier: GPL-2.0-only
/* imapifs info: what is on an image, and what is staged for it */
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "commands.h"
#include "json.h"
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

static int usage(void)
{
	fprintf(stderr, "usage: imapifs info SOURCE|DIR [--json]\n");
	return EXIT_USAGE;
}

static int parse(int argc, char **argv, struct info *info)
{
	static const struct option longs[] = {
		{ "json", no_argument, NULL, 'j' },
		{ 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
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
	json_open(&j, "sessions", '[');
	for (i = 0; i < rec->sessions.nr; i++)
		json_session(&j, i + 1, &rec->sessions.list[i]);
	json_close(&j, ']');
	json_number(&j, "next_address", rec->nwa);
	json_number(&j, "free_bytes", free_bytes(info));
	json_number(&j, "closing_reserve_bytes", 0);
	json_string(&j, "identity", identity);
	json_close(&j, '}');
}

static void print_status(const struct imapifs_status *s)
{
	printf("Mounted:          %s, by the %s face, process %u\n", s->source, s->face,
	       s->helper_pid);
	printf("Staged:           %llu files, %s", (unsigned long long)s->staged_files,
	       text_size(s->staged_bytes).s);
	printf("; the new tree takes up to %s\n", text_size(s->tree_bytes).s);
	printf("May be staged:    %s\n", text_size(s->free_bytes).s);
	printf("Burned:           %llu session%s since the mount\n",
	       (unsigned long long)s->commits, s->commits == 1 ? "" : "s");
	if (s->message[0])
		printf("Last commit:      %s\n", s->message);
}

static void print_session(u32 number, const struct imapi_session *s)
{
	char joliet[16] = "none", volid[sizeof(s->vol.volid)];

	memcpy(volid, s->vol.volid, sizeof(volid));
	text_printable(volid);
	if (s->vol.joliet)
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
	printf("Next address:     block %u\n", rec->nwa);
	printf("Free:             %s\n", text_size(free_bytes(info)).s);
	printf("Closing reserve:  none\n");
	printf("Identity:         %s\n", identity);
	if (!rec->sessions.nr)
		return;
	printf("\n%7s %10s %10s %12s  %-19s  %-7s  %s\n", "session", "start", "blocks",
	       "size", "date (UTC)", "Joliet", "volume id");
	for (i = 0; i < rec->sessions.nr; i++)
		print_session(i + 1, &rec->sessions.list[i]);
}

/* A line of the status is somebody else's: end it, and keep it from the terminal */
static void tame(char *line, size_t size)
{
	line[size - 1] = '\0';
	text_printable(line);
}

static int ask_mount(struct info *info)
{
	struct imapifs_status *s = &info->status;
	int fd, err = 0;

	fd = open(info->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (ioctl(fd, IMAPIFS_IOC_STATUS, s))
		err = -errno;
	close(fd);
	if (err)
		return err;
	s->source[sizeof(s->source) - 1] = '\0';
	tame(s->face, sizeof(s->face));
	tame(s->message, sizeof(s->message));
	info->mounted = true;
	return 0;
}

static int run(struct info *info)
{
	const char *source = info->name;
	struct stat st;
	int err;

	if (!stat(info->name, &st) && S_ISDIR(st.st_mode)) {
		err = ask_mount(info);
		if (err) {
			fprintf(stderr, "imapifs: %s: %s\n", info->name,
				err == -ENOTTY ? "not a mount of imapifs" : strerror(-err));
			return EXIT_FAILED;
		}
		source = info->status.source;
	}
	err = recorder_open_image(source, RECORDER_READ, &info->rec);
	if (err) {
		fprintf(stderr, "imapifs: %s: %s\n", source, text_source_error(err));
		return EXIT_FAILED;
	}
	if (info->json)
		print_json(info);
	else
		print_text(info);
	info->rec->ops->close(info->rec);
	return EXIT_DONE;
}

int info_command(int argc, char **argv)
{
	struct info info = { 0 };

	return parse(argc, argv, &info) ? usage() : run(&info);
}
