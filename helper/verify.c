// SPDX-License-Identifier: GPL-2.0-only
/* imapifs verify: is what is on the disc sound? */
#include <getopt.h>
#include <stdio.h>
#include <unistd.h>
#include "check.h"
#include "commands.h"
#include "json.h"
#include "log.h"
#include "recorder.h"
#include "text.h"

struct verify_options {
	const char *source;
	u32 session;		/* from 1, 0: the newest */
	bool json;
};

/* Where lines go, and whether a person is watching */
struct verify_output {
	struct json json;
	bool as_json;
	bool watched;
	u64 last_mib;
};

static const char usage_text[] = "usage: imapifs verify SOURCE [--session N] [--json]\n";

static int parse_session(const char *text, u32 *session)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (text[0] < '1' || text[0] > '9' || *end || errno || value > IMAPI_MAX_SESSIONS)
		return -EINVAL;
	*session = (u32)value;
	return 0;
}

/* -EINVAL: wrong; -ECANCELED: only help was asked for */
static int parse(int argc, char **argv, struct verify_options *opt)
{
	static const struct option longs[] = {
		{ "session", required_argument, NULL, 's' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
		if (c == 'h')
			return -ECANCELED;
		if (c == 'j')
			opt->json = true;
		else if (c != 's' || parse_session(optarg, &opt->session))
			return -EINVAL;
	}
	if (optind != argc - 1)
		return -EINVAL;
	opt->source = argv[optind];
	return 0;
}

static void clear_progress(struct verify_output *out)
{
	if (out->watched && out->last_mib)
		fprintf(stderr, "\r\033[K");
	out->last_mib = 0;
}

static void print_problem(void *ctx, const char *line)
{
	struct verify_output *out = ctx;

	clear_progress(out);
	if (out->as_json)
		json_string(&out->json, NULL, line);
	else
		printf("%s\n", line);
}

static void print_progress(void *ctx, u64 done, u64 total)
{
	struct verify_output *out = ctx;

	if (!out->watched || (done >> 20) < out->last_mib + 16)
		return;
	out->last_mib = done >> 20;
	fprintf(stderr, "\r\033[Kreading: %llu of %llu MiB", (unsigned long long)(done >> 20),
		(unsigned long long)(total >> 20));
}

static void print_result(struct verify_output *out, const struct check *c, u32 number)
{
	clear_progress(out);
	if (out->as_json) {
		json_close(&out->json, ']');
		json_number(&out->json, "directories", c->dirs);
		json_number(&out->json, "files", c->files);
		json_number(&out->json, "bytes", c->bytes);
		json_bool(&out->json, "sound", !c->problems);
		json_close(&out->json, '}');
		return;
	}
	printf("session %u: %llu director%s, %llu file%s, %s: ", number,
	       (unsigned long long)c->dirs, c->dirs == 1 ? "y" : "ies",
	       (unsigned long long)c->files, text_plural(c->files),
	       text_size(c->bytes).s);
	if (c->problems)
		printf("%llu problem%s\n", (unsigned long long)c->problems,
		       text_plural(c->problems));
	else
		printf("sound\n");
}

/* Where older ones are; if one can't be read, its data shows that */
static void load_all(struct recorder *rec, u32 newest)
{
	u32 i;

	for (i = 1; i < newest; i++)
		recorder_load(rec, i);
}

static int verify_session(struct recorder *rec, const struct verify_options *opt)
{
	u32 number = opt->session ? opt->session : rec->sessions.nr;
	struct verify_output out = {
		.json.out = stdout,
		.as_json = opt->json,
		.watched = !opt->json && isatty(STDERR_FILENO),
	};
	struct check c = {
		.src = &rec->source,
		.problem = print_problem,
		.progress = print_progress,
		.ctx = &out,
	};

	if (rec->blank) {
		log_line("%s: blank, there is nothing to verify", opt->source);
		return EXIT_FAILED;
	}
	if (number > rec->sessions.nr) {
		log_line("%s: session %u: there %s %u", opt->source, number,
			 rec->sessions.nr == 1 ? "is" : "are", rec->sessions.nr);
		return EXIT_FAILED;
	}
	load_all(rec, number);
	if (recorder_load(rec, number)) {
		log_line("%s: session %u can't be read as ISO 9660", opt->source, number);
		return EXIT_FAILED;
	}
	c.recorded = rec->closes_first ? &rec->sessions : NULL;
	c.session = &rec->sessions.list[number - 1];
	if (out.as_json) {
		json_open(&out.json, NULL, '{');
		json_string(&out.json, "source", opt->source);
		json_number(&out.json, "session", number);
		json_open(&out.json, "problems", '[');
	}
	if (check_session(&c)) {
		log_line("%s: out of memory", opt->source);
		return EXIT_FAILED;
	}
	print_result(&out, &c, number);
	if (text_flush())
		return EXIT_FAILED;
	return c.problems ? EXIT_DIFFERS : EXIT_DONE;
}

int verify_command(int argc, char **argv)
{
	struct verify_options opt = { 0 };
	struct recorder *rec;
	const char *why;
	int err, ret;

	err = parse(argc, argv, &opt);
	if (err) {
		fputs(usage_text, err == -ECANCELED ? stdout : stderr);
		return err == -ECANCELED ? EXIT_DONE : EXIT_USAGE;
	}
	err = recorder_open(opt.source, RECORDER_READ, &rec, &why);
	if (err) {
		log_line("%s: %s", opt.source, why);
		return EXIT_FAILED;
	}
	ret = verify_session(rec, &opt);
	rec->ops->close(rec);
	return ret;
}
