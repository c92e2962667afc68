// SPDX-License-Identifier: GPL-2.0-only
/* imapifs blank: a rewritable disc, or an image, as if nothing had been burned on it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "blank.h"
#include "commands.h"
#include "confirm.h"
#include "drive.h"
#include "io.h"
#include "log.h"
#include "overwritable.h"
#include "recorder.h"
#include "text.h"

static const char usage_text[] = "usage: imapifs blank SOURCE [--full] [--yes]\n";

static int ask(const struct recorder *rec, const char *source)
{
	char question[512];

	snprintf(question, sizeof(question),
		 "Blank the image %s, %u session%s? All that is in it is lost.", source,
		 rec->sessions.nr, text_plural(rec->sessions.nr));
	return confirm(question);
}

/* mount(2) and others that take a device for themselves; a loop device's file has a lock */
static int check_unused(const char *path)
{
	int fd = io_open_exclusive(path);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static int wipe(void *ctx, u32 lba)
{
	static const u8 zeros[IMAPI_FIRST_SESSION * IMAPI_BLOCK];
	const struct recorder *rec = ctx;

	return io_write(rec->fd, zeros, sizeof(zeros), (u64)lba * IMAPI_BLOCK);
}

static int empty_device(struct recorder *rec, const char *path)
{
	int err = check_unused(path);

	return err ? err : overwritable_forget(&rec->source, &rec->sessions, wipe, rec);
}

static int empty_image(struct recorder *rec, const char *path)
{
	struct stat st;
	int err = 0;

	if (fstat(rec->fd, &st))
		return -errno;
	if (S_ISBLK(st.st_mode))
		err = empty_device(rec, path);
	else if (ftruncate(rec->fd, 0))
		err = -errno;
	if (!err && fsync(rec->fd))
		err = -errno;
	return err;
}

static int check_blank(const struct blank_call *call, struct blank_result *result)
{
	struct recorder *rec;
	int err;

	err = recorder_open_image(call->source, RECORDER_READ, &rec);
	if (err) {
		log_line("it was blanked, and can't be read now: %s", text_source_error(err));
		return err;
	}
	if (!rec->blank) {
		log_line("it was blanked, and is not blank: another program writes to it");
		err = -EIO;
	}
	result->free = rec->ops->room(rec) * IMAPI_BLOCK;
	rec->ops->close(rec);
	return err;
}

static bool is_open_for_writing(int fd)
{
	return (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDWR;
}

static int blank_open_image(const struct blank_call *call, struct recorder *rec,
			    struct blank_result *result)
{
	int err;

	result->already = rec->blank;
	if (rec->blank)
		return 0;
	if (!is_open_for_writing(rec->fd)) {
		log_line("%s", rec->why);
		return -EROFS;
	}
	if (!call->yes && ask(rec, call->source))
		return -ECANCELED;
	err = empty_image(rec, call->source);
	if (err)
		log_line("%s", err == -EBUSY ? text_source_error(err) : strerror(-err));
	return err;
}

/* What is no image is not blanked: it may be anybody's */
static int blank_image(const struct blank_call *call, struct blank_result *result)
{
	struct recorder *rec;
	int err;

	result->kind = "image";
	err = recorder_open_image(call->source, 0, &rec);
	if (err) {
		log_line("%s", text_source_error(err));
		return err;
	}
	err = blank_open_image(call, rec, result);
	rec->ops->close(rec);
	return err ? err : check_blank(call, result);
}

int blank_command(int argc, char **argv)
{
	struct confirm_call args = { .flag = "--full" };
	struct blank_result result = { NULL };
	struct blank_call call;
	int err;

	err = confirm_parse(argc, argv, &args);
	if (err) {
		fputs(usage_text, err == -ECANCELED ? stdout : stderr);
		return err == -ECANCELED ? EXIT_DONE : EXIT_USAGE;
	}
	log_source(args.source);
	call = (struct blank_call){ .source = args.source, .full = args.set, .yes = args.yes };
	err = drive_is_one(args.source) ? blank_drive(&call, &result) :
					  blank_image(&call, &result);
	if (err)
		return EXIT_FAILED;
	printf("the %s is blank%s: %s free\n", result.kind, result.already ? " already" : "",
	       text_size(result.free).s);
	return text_flush() ? EXIT_FAILED : EXIT_DONE;
}
