// SPDX-License-Identifier: GPL-2.0-only
/* The system area and the volume descriptors (ECMA-119 6.2, 8). */
#include "plan.h"

#define SYSTEM_ID	"LINUX"
#define APPLICATION_ID	"IMAPIFS " IMAPIFS_RELEASE

/* UTF-8 bytes that hold at least 32 characters, as the longest identifier has */
#define VOLID_BYTES	128

/* UCS level 3 (Joliet, on escape sequences) */
static const u8 joliet_escape[] = { '%', '/', 'E' };

/* Blanks: a space in either character set; an odd last byte of UCS stays 0 */
static void blank_iso(u8 *field, size_t size)
{
	memset(field, ' ', size);
}

static void blank_ucs(u8 *field, size_t size)
{
	size_t i;

	memset(field, 0, size);
	for (i = 1; i < size; i += 2)
		field[i] = ' ';
}

static void text_iso(u8 *field, const char *text)
{
	memcpy(field, text, strlen(text));
}

static void text_ucs(u8 *field, const char *text)
{
	size_t i;

	for (i = 0; text[i]; i++)
		put_unaligned_be16((u8)text[i], field + 2 * i);
}

int descriptors_volid(struct compose *c)
{
	u8 ucs[2 * VOLID_BYTES];
	const char *volid = c->params.volid;
	size_t size = strlen(volid);
	size_t fits = sizeof(c->volid_ucs);
	int len;

	if (size > VOLID_BYTES) {
		size = VOLID_BYTES;
		while (size && (volid[size] & 0xc0) == 0x80)
			size--;
	}
	len = imapi_utf8_to_utf16(volid, size, ucs, sizeof(ucs));
	if (len < 0)
		return len;

	blank_iso(c->volid, sizeof(c->volid));
	iso_fold(ucs, (size_t)len, c->volid, sizeof(c->volid));
	blank_ucs(c->volid_ucs, sizeof(c->volid_ucs));
	if ((size_t)len > fits) {
		/* Not half of a surrogate pair */
		if ((ucs[fits - 2] & 0xfc) == 0xd8)
			fits -= 2;
		len = (int)fits;
	}
	memcpy(c->volid_ucs, ucs, (size_t)len);
	return 0;
}

static void make_header(u8 *block, u8 type)
{
	struct imapi_iso_volume *v = (struct imapi_iso_volume *)block;

	memset(block, 0, IMAPI_BLOCK);
	v->type = type;
	memcpy(v->id, IMAPI_STANDARD_ID, sizeof(v->id));
	v->version = 1;
}

/* All but what depends on the character set */
static void make_volume(const struct compose *c, u32 tree, u32 space,
			struct imapi_iso_volume *v)
{
	const struct ctree *t = &c->trees[tree];

	put_both32(space, &v->space);
	put_both16(1, &v->set_size);
	put_both16(1, &v->sequence);
	put_both16(IMAPI_BLOCK, &v->block_size);
	put_both32(t->path_size, &v->path_size);
	put_unaligned_le32(t->path_l, v->path_l);
	put_unaligned_be32(t->path_m, v->path_m);
	directory_root_record(c, tree, v->root);
	imapi_longdate_encode(c->params.now, &v->created);
	imapi_longdate_encode(c->params.now, &v->modified);
	imapi_longdate_encode(0, &v->expires);
	imapi_longdate_encode(c->params.now, &v->effective);
	v->structure_version = 1;
}

static void make_identifiers(struct imapi_iso_volume *v,
			     void (*blank)(u8 *field, size_t size),
			     void (*text)(u8 *field, const char *text))
{
	blank(v->system_id, sizeof(v->system_id));
	text(v->system_id, SYSTEM_ID);
	blank(v->volume_set_id, sizeof(v->volume_set_id));
	blank(v->publisher_id, sizeof(v->publisher_id));
	blank(v->preparer_id, sizeof(v->preparer_id));
	blank(v->application_id, sizeof(v->application_id));
	text(v->application_id, APPLICATION_ID);
	blank(v->copyright_id, sizeof(v->copyright_id));
	blank(v->abstract_id, sizeof(v->abstract_id));
	blank(v->bibliographic_id, sizeof(v->bibliographic_id));
}

static void make_link(const struct compose *c, struct imapi_iso_volume *v)
{
	const struct compose_params *p = &c->params;
	struct imapi_iso_link *link = (struct imapi_iso_link *)v->application_use;

	memcpy(link->magic, IMAPI_LINK_MAGIC, sizeof(link->magic));
	put_unaligned_le32(p->start, link->start);
	put_unaligned_le32(p->prev_start, link->prev_start);
	put_unaligned_le32(p->prev_desc, link->prev_desc);
	put_unaligned_le32(imapi_sum32(link, offsetof(struct imapi_iso_link, sum)),
			   link->sum);
}

static void make_primary(const struct compose *c, u32 space, u8 *block)
{
	struct imapi_iso_volume *v = (struct imapi_iso_volume *)block;

	make_header(block, IMAPI_VD_PRIMARY);
	make_volume(c, TREE_ISO, space, v);
	make_identifiers(v, blank_iso, text_iso);
	memcpy(v->volume_id, c->volid, sizeof(v->volume_id));
	make_link(c, v);
}

static void make_joliet(const struct compose *c, u32 space, u8 *block)
{
	struct imapi_iso_volume *v = (struct imapi_iso_volume *)block;

	make_header(block, IMAPI_VD_SUPPLEMENTARY);
	make_volume(c, TREE_UCS, space, v);
	make_identifiers(v, blank_ucs, text_ucs);
	memcpy(v->volume_id, c->volid_ucs, sizeof(v->volume_id));
	memcpy(v->escapes, joliet_escape, sizeof(joliet_escape));
}

u32 descriptors_count(const struct compose *c)
{
	return c->params.boot ? 4 : 3;
}

void descriptors_make(const struct compose *c, u32 space, u8 *buf)
{
	make_primary(c, space, buf);
	buf += IMAPI_BLOCK;
	/* At the second place, as El Torito 2.0 has it */
	if (c->params.boot) {
		memcpy(buf, c->params.boot, IMAPI_BLOCK);
		buf += IMAPI_BLOCK;
	}
	make_joliet(c, space, buf);
	make_header(buf + IMAPI_BLOCK, IMAPI_VD_TERMINATOR);
}

int system_area_emit(const struct compose *c, struct out *o)
{
	u32 saved = c->params.saved ? c->params.saved_blocks : 0;
	int ret = out_write(o, NULL, IMAPI_BLOCK);

	if (ret)
		return ret;
	ret = out_write(o, c->params.saved, (size_t)saved * IMAPI_BLOCK);
	if (ret)
		return ret;
	return out_write(o, NULL, (IMAPI_SYSTEM_BLOCKS - 1 - saved) * IMAPI_BLOCK);
}
