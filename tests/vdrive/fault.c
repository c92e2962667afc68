// SPDX-License-Identifier: GPL-2.0-only
/* Rules of what goes wrong: reading them, counting, listing them */
#include "fault.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "opcodes.h"

/* Strict: a number, all of it, of at most @max. @end: what may follow, or NUL */
static int number(const char *text, int base, uint32_t max, char end, uint32_t *value,
		  const char **rest)
{
	unsigned long long n;
	char *stop;

	if (!strchr("0123456789abcdefABCDEF", *text) || !*text)
		return -EINVAL;
	errno = 0;
	n = strtoull(text, &stop, base);
	if (errno || stop == text || n > max || (*stop && *stop != end))
		return -EINVAL;
	*value = (uint32_t)n;
	if (rest)
		*rest = *stop ? stop + 1 : NULL;
	return 0;
}

static int parse_what(const char *word, int *what)
{
	uint32_t op;

	if (!strcmp(word, "any"))
		*what = FAULT_ANY;
	else if (!strcmp(word, "read"))
		*what = FAULT_READS;
	else if (!strcmp(word, "write"))
		*what = FAULT_WRITES;
	else if (!number(word, 16, 0xff, '\0', &op, NULL))
		*what = (int)op;
	else
		*what = opcode_find(word);
	return *what < 0 ? *what : 0;
}

static int parse_sense(const char *text, struct fault_action *action)
{
	uint32_t key, asc, ascq;

	if (number(text, 16, 0xf, '/', &key, &text) || !text ||
	    number(text, 16, 0xff, '/', &asc, &text) || !text ||
	    number(text, 16, 0xff, '\0', &ascq, NULL))
		return -EINVAL;
	action->end = FAULT_END_SENSE;
	action->key = (uint8_t)key;
	action->asc = (uint8_t)asc;
	action->ascq = (uint8_t)ascq;
	return 0;
}

static int parse_range(const char *text, struct fault_rule *rule)
{
	if (number(text, 0, UINT32_MAX, '-', &rule->first, &text))
		return -EINVAL;
	rule->last = rule->first;
	if (text && number(text, 0, UINT32_MAX, '\0', &rule->last, NULL))
		return -EINVAL;
	rule->ranged = true;
	return rule->last < rule->first ? -EINVAL : 0;
}

static int parse_hang(const char *text, struct fault_action *action)
{
	if (!strcmp(text, "forever")) {
		action->hang = FAULT_HANG_FOREVER;
		return 0;
	}
	return number(text, 10, 86400, '\0', &action->hang, NULL);
}

static int parse_end(const char *word, struct fault_action *action)
{
	if (!strcmp(word, "reset"))
		action->end = FAULT_END_RESET;
	else if (!strcmp(word, "power"))
		action->end = FAULT_END_POWER;
	else if (!strcmp(word, "off"))
		action->end = FAULT_END_OFF;
	else if (!strcmp(word, "after"))
		action->after = true;
	else
		return -EINVAL;
	return 0;
}

/* "nth=" and "times=": 0 is no number of anything */
static int parse_count(const char *text, uint32_t *count)
{
	return number(text, 10, UINT32_MAX, '\0', count, NULL) || !*count ? -EINVAL : 0;
}

/* @name: as long as it is, up to the "=" */
static bool is(const char *word, size_t name, const char *want)
{
	return name == strlen(want) && !memcmp(word, want, name);
}

static int parse_word(const char *word, struct fault_rule *rule)
{
	struct fault_action *action = &rule->action;
	const char *value = strchr(word, '=');
	size_t name = value ? (size_t)(value++ - word) : 0;

	if (!value)
		return parse_end(word, action);
	if (is(word, name, "nth"))
		return parse_count(value, &rule->nth);
	if (is(word, name, "times")) {
		rule->times = FAULT_EVERY;
		return strcmp(value, "every") ? parse_count(value, &rule->times) : 0;
	}
	if (is(word, name, "lba"))
		return parse_range(value, rule);
	if (is(word, name, "sense"))
		return parse_sense(value, action);
	if (is(word, name, "hang"))
		return parse_hang(value, action);
	if (is(word, name, "torn")) {
		action->torn = true;
		return number(value, 10, UINT32_MAX, '\0', &action->steps, NULL);
	}
	if (is(word, name, "short")) {
		action->cut = true;
		return number(value, 10, UINT32_MAX, '\0', &action->cut_bytes, NULL);
	}
	return -EINVAL;
}

/* What can't be meant; NULL if there is nothing */
static const char *nonsense(const struct fault_rule *rule)
{
	const struct fault_action *a = &rule->action;

	if (a->end == FAULT_END_RUN && !a->hang && !a->cut)
		return "the rule does nothing: add sense=, hang=, short=, torn=, reset, power, off";
	if (a->after && (a->torn || a->end == FAULT_END_RUN))
		return "\"after\" goes with sense=, reset, power or off, and without torn=";
	return NULL;
}

int fault_parse(char *text, struct fault_rule *rule, const char **why)
{
	char *save = NULL;
	const char *word = strtok_r(text, " \t", &save);

	*why = "no such command: give its code in hex, its name, \"any\", \"read\" or \"write\"";
	memset(rule, 0, sizeof(*rule));
	rule->nth = 1;
	rule->times = 1;
	if (!word || parse_what(word, &rule->what))
		return -EINVAL;
	*why = "a word of the rule can't be read";
	while ((word = strtok_r(NULL, " \t", &save)))
		if (parse_word(word, rule))
			return -EINVAL;
	if (rule->action.torn && rule->action.end == FAULT_END_RUN) {
		/* WRITE ERROR */
		rule->action.end = FAULT_END_SENSE;
		rule->action.key = 0x3;
		rule->action.asc = 0x0c;
	}
	*why = nonsense(rule);
	return *why ? -EINVAL : 0;
}

int fault_add(struct faults *faults, const struct fault_rule *rule)
{
	struct fault_rule *new;

	if (faults->count == FAULT_RULES)
		return -ENOSPC;
	new = &faults->rule[faults->count++];
	*new = *rule;
	new->id = ++faults->last_id;
	return (int)new->id;
}

int fault_clear(struct faults *faults, unsigned int id)
{
	unsigned int n;

	if (!id) {
		faults->count = 0;
		return 0;
	}
	for (n = 0; n < faults->count; n++) {
		if (faults->rule[n].id != id)
			continue;
		memmove(&faults->rule[n], &faults->rule[n + 1],
			(faults->count - n - 1) * sizeof(faults->rule[0]));
		faults->count--;
		return 0;
	}
	return -ESRCH;
}

static bool fits(const struct fault_rule *rule, const uint8_t *cdb)
{
	struct extent e = opcode_extent(cdb);

	if (rule->what == FAULT_READS && opcode_kind(cdb[0]) != OPCODE_READ)
		return false;
	if (rule->what == FAULT_WRITES && opcode_kind(cdb[0]) != OPCODE_WRITE)
		return false;
	if (rule->what < FAULT_ANY && rule->what != cdb[0])
		return false;
	if (!rule->ranged)
		return true;
	return e.valid && e.lba <= rule->last && (uint64_t)e.lba + e.blocks > rule->first;
}

const struct fault_rule *fault_hit(struct faults *faults, const uint8_t *cdb)
{
	const struct fault_rule *hit = NULL;
	unsigned int n;

	for (n = 0; n < faults->count; n++) {
		struct fault_rule *rule = &faults->rule[n];

		if (!fits(rule, cdb))
			continue;
		if (rule->seen < UINT32_MAX)
			rule->seen++;
		if (hit || rule->seen < rule->nth ||
		    (rule->times != FAULT_EVERY && rule->hits >= rule->times))
			continue;
		rule->hits++;
		hit = rule;
	}
	return hit;
}

static void list_action(const struct fault_action *a, FILE *out)
{
	static const char *const end[] = {
		[FAULT_END_RESET] = " reset",
		[FAULT_END_POWER] = " power",
		[FAULT_END_OFF] = " off",
	};

	if (a->hang == FAULT_HANG_FOREVER)
		fputs(" hang=forever", out);
	else if (a->hang)
		fprintf(out, " hang=%u", a->hang);
	if (a->torn)
		fprintf(out, " torn=%u", a->steps);
	if (a->cut)
		fprintf(out, " short=%u", a->cut_bytes);
	if (a->end == FAULT_END_SENSE)
		fprintf(out, " sense=%x/%02x/%02x", a->key, a->asc, a->ascq);
	else if (a->end != FAULT_END_RUN)
		fputs(end[a->end], out);
	if (a->after)
		fputs(" after", out);
}

static void list_what(int what, FILE *out)
{
	if (what == FAULT_ANY)
		fputs("any", out);
	else if (what == FAULT_READS)
		fputs("read", out);
	else if (what == FAULT_WRITES)
		fputs("write", out);
	else
		fprintf(out, "%02x", (unsigned int)what);
}

void fault_list(const struct faults *faults, FILE *out)
{
	unsigned int n;

	for (n = 0; n < faults->count; n++) {
		const struct fault_rule *r = &faults->rule[n];

		fprintf(out, "%u seen=%u hits=%u: ", r->id, r->seen, r->hits);
		list_what(r->what, out);
		fprintf(out, " nth=%u ", r->nth);
		if (r->times == FAULT_EVERY)
			fputs("times=every", out);
		else
			fprintf(out, "times=%u", r->times);
		if (r->ranged)
			fprintf(out, " lba=%u-%u", r->first, r->last);
		list_action(&r->action, out);
		fputc('\n', out);
	}
}
