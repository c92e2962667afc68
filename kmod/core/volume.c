// SPDX-License-Identifier: GPL-2.0-only
/* The descriptor set of one session (ECMA-119 6.7.1, 8; Joliet). */
#include "core.h"

/* Boot system identifier of an El Torito boot record, from byte 7 (ECMA-119 8.2.4) */
#define EL_TORITO_ID		"EL TORITO SPECIFICATION"
#define EL_TORITO_OFFSET	7

#define VOLID_BYTES		(sizeof(((struct imapi_iso_volume *)NULL)->volume_id))

static u32 le32(const struct imapi_both32 *n)
{
	return get_unaligned_le32(n->le);
}

static bool has_id(const struct imapi_iso_volume *vd)
{
	return !memcmp(vd->id, IMAPI_STANDARD_ID, sizeof(vd->id));
}

/*
 * UCS level of a Joliet descriptor (Joliet, on escape sequences), 0: it is another one. Version 2
 * is the enhanced descriptor of ISO 9660:1999, which has no escape sequences.
 */
static u8 joliet_level(const struct imapi_iso_volume *vd)
{
	if (vd->type != IMAPI_VD_SUPPLEMENTARY || vd->version != 1)
		return 0;
	if (vd->escapes[0] != '%' || vd->escapes[1] != '/')
		return 0;
	switch (vd->escapes[2]) {
	case '@':
		return 1;
	case 'C':
		return 2;
	case 'E':
		return 3;
	default:
		return 0;
	}
}

static int read_root(const struct imapi_source *src,
		     const struct imapi_iso_volume *vd, struct imapi_hierarchy *h)
{
	const struct imapi_iso_dirent *de = (const void *)vd->root;
	struct imapi_extent ext;
	int ret;

	ret = imapi_dirent_check(de, sizeof(vd->root));
	if (ret < 0)
		return ret;
	if (!ret || !(de->flags & IMAPI_DE_DIRECTORY) ||
	    (de->flags & IMAPI_DE_MULTI_EXTENT))
		return -EUCLEAN;
	ret = imapi_extent_read(src, de, &ext);
	if (ret)
		return ret;
	h->root.lba = ext.lba + ext.xattr_blocks;
	h->root.size = ext.len;
	h->mtime = imapi_date_decode(&de->date);
	return 0;
}

static bool table_fits(const struct imapi_source *src, u32 lba, u32 bytes)
{
	u64 blocks = ((u64)bytes + IMAPI_BLOCK - 1) >> IMAPI_BLOCK_SHIFT;

	return lba + blocks <= src->blocks;
}

static int read_hierarchy(const struct imapi_source *src,
			  const struct imapi_iso_volume *vd,
			  struct imapi_hierarchy *h)
{
	h->path_size = le32(&vd->path_size);
	h->path_l = get_unaligned_le32(vd->path_l);
	h->path_m = get_unaligned_be32(vd->path_m);
	/* Some writers leave out one of the tables: its lba is 0 and passes */
	if (!table_fits(src, h->path_l, h->path_size) ||
	    !table_fits(src, h->path_m, h->path_size))
		return -EUCLEAN;
	return read_root(src, vd, h);
}

/* A terminal or a log shows it: no control characters, no padding at the end */
static void tidy_volid(char *volid)
{
	size_t len = 0;
	char *c;

	for (c = volid; *c; c++) {
		if ((u8)*c < 0x20 || *c == 0x7f)
			*c = '_';
		if (*c != ' ')
			len = (size_t)(c - volid) + 1;
	}
	volid[len] = '\0';
}

static void primary_volid(const struct imapi_iso_volume *vd, char *volid)
{
	size_t i;

	for (i = 0; i < VOLID_BYTES && vd->volume_id[i]; i++)
		volid[i] = vd->volume_id[i] < 0x80 ? (char)vd->volume_id[i] : '_';
	volid[i] = '\0';
	tidy_volid(volid);
}

/* Leaves the primary descriptor's where Joliet's is not UTF-16 or empty */
static void joliet_volid(const struct imapi_iso_volume *vd, struct imapi_volume *vol)
{
	char volid[sizeof(vol->volid)] = "";
	int len;

	len = imapi_utf16_to_utf8(vd->volume_id, VOLID_BYTES, volid, sizeof(volid));
	if (len < 0)
		return;
	tidy_volid(volid);
	if (volid[0])
		memcpy(vol->volid, volid, sizeof(volid));
}

static void read_link(const struct imapi_iso_volume *vd, struct imapi_volume *vol)
{
	const struct imapi_iso_link *link = (const void *)vd->application_use;

	if (memcmp(link->magic, IMAPI_LINK_MAGIC, sizeof(link->magic)))
		return;
	if (get_unaligned_le32(link->sum) !=
	    imapi_sum32(link, offsetof(struct imapi_iso_link, sum)))
		return;
	vol->start = get_unaligned_le32(link->start);
	vol->prev_start = get_unaligned_le32(link->prev_start);
	vol->prev_desc = get_unaligned_le32(link->prev_desc);
	/* Only back, so that following links ends */
	vol->linked = !vol->prev_desc || vol->prev_start < vol->start;
	if (vol->linked)
		return;
	vol->start = 0;
	vol->prev_start = 0;
	vol->prev_desc = 0;
}

static int read_primary(const struct imapi_source *src,
			const struct imapi_iso_volume *vd, struct imapi_volume *vol)
{
	if (!has_id(vd))
		return -EMEDIUMTYPE;
	if (vd->type != IMAPI_VD_PRIMARY || vd->version != 1)
		return -EUCLEAN;
	if (get_unaligned_le16(vd->block_size.le) != IMAPI_BLOCK)
		return -EMEDIUMTYPE;
	vol->space = le32(&vd->space);
	vol->created = imapi_longdate_decode(&vd->created);
	primary_volid(vd, vol->volid);
	read_link(vd, vol);
	return read_hierarchy(src, vd, &vol->primary);
}

static int read_joliet(const struct imapi_source *src, u8 level,
		       const struct imapi_iso_volume *vd, struct imapi_volume *vol)
{
	if (get_unaligned_le16(vd->block_size.le) != IMAPI_BLOCK)
		return -EUCLEAN;
	vol->joliet = level;
	vol->ucs_space = le32(&vd->space);
	joliet_volid(vd, vol);
	return read_hierarchy(src, vd, &vol->ucs);
}

static bool is_el_torito(const struct imapi_iso_volume *vd)
{
	return vd->type == IMAPI_VD_BOOT &&
	       !memcmp((const u8 *)vd + EL_TORITO_OFFSET, EL_TORITO_ID,
		       sizeof(EL_TORITO_ID) - 1);
}

/* Any descriptor behind the first one, at @lba */
static int read_other(const struct imapi_source *src, u32 lba,
		      const struct imapi_iso_volume *vd, struct imapi_volume *vol)
{
	u8 level;

	if (!has_id(vd))
		return -EUCLEAN;
	if (!vol->boot && is_el_torito(vd))
		vol->boot = lba;
	level = joliet_level(vd);
	if (level && !vol->joliet)
		return read_joliet(src, level, vd, vol);
	return 0;
}

static int read_set(const struct imapi_source *src, struct imapi_iso_volume *vd,
		    struct imapi_volume *vol)
{
	u32 i;
	int err;

	for (i = 0; i < IMAPI_MAX_DESCRIPTORS; i++) {
		/* No room for a descriptor is no ISO 9660; a set cut short is a bad one */
		if ((u64)vol->desc + i >= src->blocks)
			return i ? -EUCLEAN : -EMEDIUMTYPE;
		err = src->read(src->ctx, vol->desc + i, 1, vd);
		if (err)
			return err;
		vol->hash = imapi_hash64(vol->hash, vd, IMAPI_BLOCK);
		if (i)
			err = read_other(src, vol->desc + i, vd, vol);
		else
			err = read_primary(src, vd, vol);
		if (err)
			return err;
		vol->descs = i + 1;
		if (vd->type == IMAPI_VD_TERMINATOR)
			return 0;
	}
	return -EUCLEAN;
}

int imapi_volume_read(const struct imapi_source *src, u32 desc,
		      struct imapi_volume *vol)
{
	struct imapi_iso_volume *vd;
	int err;

	memset(vol, 0, sizeof(*vol));
	vol->desc = desc;
	vol->hash = IMAPI_HASH64_SEED;
	vd = core_zalloc(sizeof(*vd));
	if (!vd)
		return -ENOMEM;
	err = read_set(src, vd, vol);
	core_free(vd);
	return err;
}
