// SPDX-License-Identifier: GPL-2.0-only
/*
 * A disc's description: FILE.disc, lines of a word and numbers, replaced as a whole
 * by rename(2) so that a kill at any moment leaves one that is whole. It has what
 * the disc has; data in a drive's cache isn't there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "disc.h"

#define HEAD "vdrive disc 1\n"

static void put_fields(const struct disc *d, FILE *f)
{
	fprintf(f, HEAD "media %s\n", d->media->name);
	fprintf(f, "blocks %u\nid %u\nmake %s\n", d->blocks, d->id, d->make);
	fprintf(f, "closed %u\ncomplete %u\nxa %u\n", d->closed, d->complete, d->xa);
	fprintf(f, "minimal %u\noverwrite %u\nintermediate %u\n", d->minimal, d->overwrite,
		d->intermediate);
	fprintf(f, "format %u\nformatted %u\niced %u\n", d->format, d->formatted_kept, d->iced);
}

static void put_tracks(const struct disc *d, FILE *f)
{
	const struct track *t;
	unsigned int i;

	for (i = 0; i < d->nr_tracks; i++) {
		t = &d->tracks[i];
		/* Nothing of it has reached the disc: it isn't there yet */
		if (!t->kept && !(t->reserved && t->state == TRACK_OPEN))
			break;
		fprintf(f, "track %u %u %u %u %u %u %u %u\n", t->session, t->start, t->size,
			t->kept, t->run_out, t->mode, t->state, t->reserved);
	}
}

/**
 * disc_save - replace the description by what the disc has now
 *
 * Return: 0, or what the file system says.
 */
int disc_save(const struct disc *d)
{
	char *temporary;
	int err = 0;
	FILE *f;

	if (asprintf(&temporary, "%s.new", d->description) < 0)
		return -ENOMEM;
	f = fopen(temporary, "we");
	if (!f) {
		err = -errno;
		goto out;
	}
	put_fields(d, f);
	put_tracks(d, f);
	fputs("end\n", f);
	if (ferror(f))
		err = -EIO;
	if (fclose(f) && !err)
		err = -errno;
	if (!err && rename(temporary, d->description))
		err = -errno;
	if (err)
		unlink(temporary);
out:
	free(temporary);
	return err;
}

static int set_media(struct disc *d, char *name)
{
	uint32_t blocks;

	name[strcspn(name, "\n")] = 0;
	d->media = media_find(name, &blocks);
	return d->media ? 0 : -EUCLEAN;
}

static int set_make(struct disc *d, char *name)
{
	name[strcspn(name, "\n")] = 0;
	return disc_set_make(d, name) ? -EUCLEAN : 0;
}

static int set_track(struct disc *d, const char *values)
{
	unsigned int state, reserved;
	struct track t = { 0 };

	if (!d->media || sscanf(values, "%u %u %u %u %u %u %u %u", &t.session, &t.start, &t.size,
				&t.kept, &t.run_out, &t.mode, &state, &reserved) != 8)
		return -EUCLEAN;
	if (state > TRACK_RUINED || reserved > 1)
		return -EUCLEAN;
	t.written = t.kept;
	t.state = (enum track_state)state;
	t.reserved = reserved;
	return disc_add_track(d, &t);
}

static int set_flag(bool *flag, unsigned int value)
{
	*flag = value;
	return value > 1 ? -EUCLEAN : 0;
}

static int set_format(struct disc *d, unsigned int value)
{
	d->format = (enum format_state)value;
	return value > FORMAT_COMPLETE ? -EUCLEAN : 0;
}

static int set_number(uint32_t *number, unsigned int value)
{
	*number = value;
	return 0;
}

static int set_value(struct disc *d, const char *word, unsigned int value)
{
	if (!strcmp(word, "blocks"))
		return set_number(&d->blocks, value);
	if (!strcmp(word, "id"))
		return set_number(&d->id, value);
	if (!strcmp(word, "closed"))
		return set_number(&d->closed, value);
	if (!strcmp(word, "formatted"))
		return set_number(&d->formatted_kept, value);
	if (!strcmp(word, "iced"))
		return set_number(&d->iced, value);
	if (!strcmp(word, "complete"))
		return set_flag(&d->complete, value);
	if (!strcmp(word, "xa"))
		return set_flag(&d->xa, value);
	if (!strcmp(word, "minimal"))
		return set_flag(&d->minimal, value);
	if (!strcmp(word, "overwrite"))
		return set_flag(&d->overwrite, value);
	if (!strcmp(word, "intermediate"))
		return set_flag(&d->intermediate, value);
	if (!strcmp(word, "format"))
		return set_format(d, value);
	return -EUCLEAN;
}

static int set_line(struct disc *d, char *line)
{
	char *values = strchr(line, ' ');
	unsigned int value;

	if (!values)
		return -EUCLEAN;
	*values++ = 0;
	if (!strcmp(line, "media"))
		return set_media(d, values);
	if (!strcmp(line, "make"))
		return set_make(d, values);
	if (!strcmp(line, "track"))
		return set_track(d, values);
	if (sscanf(values, "%u", &value) != 1)
		return -EUCLEAN;
	return set_value(d, line, value);
}

static int check_track(const struct disc *d, unsigned int i)
{
	const struct track *t = &d->tracks[i], *before = i ? t - 1 : NULL;
	uint32_t begin = before ? before->start + before->size : 0;
	unsigned int session = before ? before->session : 0;

	if (t->start < begin || t->start > d->blocks || t->size > d->blocks - t->start)
		return -EUCLEAN;
	if (t->kept > d->blocks - t->start || (t->size && t->kept > t->size))
		return -EUCLEAN;
	/* Run-out comes when it is closed */
	if (t->run_out > (t->state == TRACK_CLOSED ? t->size : 0))
		return -EUCLEAN;
	/* Closed, it is full */
	if (t->state == TRACK_CLOSED && (!t->kept || t->kept != t->size - t->run_out))
		return -EUCLEAN;
	/* A reservation has a length; without one a track has none until it is closed */
	if (t->state != TRACK_CLOSED && t->reserved != (t->size != 0))
		return -EUCLEAN;
	/* Session after session, none without a track */
	if (t->session < session || t->session > session + 1 || !t->session)
		return -EUCLEAN;
	if (t->session > d->closed + 1)
		return -EUCLEAN;
	/* Only the last can have no end; only in the session that is open can one be open */
	if (!t->size && i + 1 < d->nr_tracks)
		return -EUCLEAN;
	if (t->state != TRACK_CLOSED && t->session <= d->closed)
		return -EUCLEAN;
	/* A ruin is all that there is */
	if (t->state == TRACK_RUINED && (t->reserved || t->start || d->nr_tracks > 1))
		return -EUCLEAN;
	return 0;
}

static int check(const struct disc *d)
{
	unsigned int i;
	int err = 0;

	if (!d->media || d->blocks < 1024 || d->blocks > d->media->blocks ||
	    d->blocks % d->media->unit)
		return -EUCLEAN;
	if (d->nr_tracks > d->media->tracks || d->closed > d->media->sessions)
		return -EUCLEAN;
	if (d->formatted_kept > d->blocks || d->iced > d->blocks)
		return -EUCLEAN;
	if (d->overwrite && d->media->profile != PROFILE_DVD_RW)
		return -EUCLEAN;
	if (d->nr_tracks && disc_random(d))
		return -EUCLEAN;
	for (i = 0; i < d->nr_tracks && !err; i++)
		err = check_track(d, i);
	if (!err && d->closed && (!d->nr_tracks || !disc_last_track(d, d->closed)))
		return -EUCLEAN;
	return err;
}

/**
 * disc_load - take in the description
 *
 * Return: 0, -EUCLEAN if it is none or doesn't hold together, or what the file
 * system says.
 */
int disc_load(struct disc *d)
{
	FILE *f = fopen(d->description, "re");
	bool ended = false;
	char line[160];
	int err = 0;

	if (!f)
		return -errno;
	disc_set_make(d, NULL);
	if (!fgets(line, sizeof(line), f) || strcmp(line, HEAD))
		err = -EUCLEAN;
	while (!err && !ended && fgets(line, sizeof(line), f)) {
		ended = !strcmp(line, "end\n");
		if (!ended)
			err = set_line(d, line);
	}
	fclose(f);
	if (!err && !ended)
		err = -EUCLEAN;
	d->formatted = d->formatted_kept;
	return err ? err : check(d);
}
