/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For tests of the composer: an image in memory, a tree over it, and a reader
 * of its own that checks a session's structures against ECMA-119 and Joliet
 * without the core's parser.
 */
#ifndef COMPOSE_FIXTURE_H
#define COMPOSE_FIXTURE_H

#include <stdio.h>
#include "compose.h"

/* A staged file's content: @size bytes that follow from @seed */
struct blob {
	u64 size;
	u8 seed;
};

struct image {
	u8 *data;
	u32 blocks, room;
	u32 session;		/* where the newest one starts */
	bool counting;		/* file data is only counted, and not kept */
	u64 counted;		/* blocks the sink was given since compose_emit() began */
};

/* What check_tree() found: one line an entry, "path size lba extents\n" */
struct found {
	char *text;
	size_t len, room;
	u32 dirs, files;
	u32 first_dir;		/* lba of the tree's first directory; older files are below */
	u32 next_dir;		/* ... that the next directory has to have */
	u32 next_data;		/* ... and the next file of this session */
	const char *why;	/* what is wrong */
};

static const u8 *block_at(const struct image *img, u32 lba)
{
	return img->data + (size_t)lba * IMAPI_BLOCK;
}

static void image_reserve(struct image *img, u32 blocks)
{
	if (blocks <= img->room)
		return;
	img->data = realloc(img->data, (size_t)blocks * 2 * IMAPI_BLOCK);
	memset(img->data + (size_t)img->room * IMAPI_BLOCK, 0,
	       ((size_t)blocks * 2 - img->room) * IMAPI_BLOCK);
	img->room = blocks * 2;
}

static int image_read(void *ctx, u32 lba, u32 count, void *buf)
{
	const struct image *img = ctx;

	if (lba > img->blocks || count > img->blocks - lba)
		return -EIO;
	memcpy(buf, block_at(img, lba), (size_t)count * IMAPI_BLOCK);
	return 0;
}

static int image_blocks(void *ctx, const void *buf, u32 count)
{
	struct image *img = ctx;

	image_reserve(img, img->blocks + count);
	memcpy(img->data + (size_t)img->blocks * IMAPI_BLOCK, buf,
	       (size_t)count * IMAPI_BLOCK);
	img->blocks += count;
	img->counted += count;
	return 0;
}

static u8 blob_byte(const struct blob *b, u64 at)
{
	return (u8)(b->seed + at * 7 + (at >> 11));
}

static int image_file(void *ctx, void *staged, u64 size)
{
	const struct blob *b = staged;
	struct image *img = ctx;
	u64 blocks = (size + IMAPI_BLOCK - 1) / IMAPI_BLOCK;
	u64 i;

	img->counted += blocks;
	if (img->counting)
		return 0;
	if (size != b->size)
		return -EINVAL;
	image_reserve(img, img->blocks + (u32)blocks);
	for (i = 0; i < size; i++)
		img->data[(size_t)img->blocks * IMAPI_BLOCK + i] = blob_byte(b, i);
	img->blocks += (u32)blocks;
	return 0;
}

static struct compose_sink image_sink(struct image *img)
{
	img->counted = 0;
	return (struct compose_sink){ image_blocks, image_file, img };
}

static u64 any_room(void *ctx, u64 taken)
{
	(void)ctx;
	return taken > UINT32_MAX ? 0 : UINT32_MAX - taken;
}

static void drop_blob(void *ctx, void *staged)
{
	(void)ctx;
	free(staged);
}

static const struct imapi_tree_ops tree_ops = {
	.nwa = UINT32_MAX,
	.room = any_room,
	.drop = drop_blob,
};

/* --- building trees; all return 0 or -errno --- */

/* The directory @path's last part is in, made where missing; *@name is that part */
static int make_parents(struct imapi_tree *t, const char *path, s64 time,
			struct imapi_node **dir, const char **name)
{
	struct imapi_node *n = imapi_tree_root(t), *next;
	const char *slash;
	int ret;

	imapi_node_get(t, n);
	while ((slash = strchr(path, '/'))) {
		size_t len = (size_t)(slash - path);

		ret = imapi_lookup(t, n, path, len, &next);
		if (ret == -ENOENT)
			ret = imapi_create(t, n, path, len, IMAPI_DIR, time, &next);
		imapi_node_put(t, n, 1);
		if (ret)
			return ret;
		n = next;
		path = slash + 1;
	}
	*dir = n;
	*name = path;
	return 0;
}

static int make_node(struct imapi_tree *t, const char *path, enum imapi_kind kind,
		     s64 time, struct imapi_node **out)
{
	struct imapi_node *dir;
	const char *name;
	int ret = make_parents(t, path, time, &dir, &name);

	if (ret)
		return ret;
	ret = imapi_create(t, dir, name, strlen(name), kind, time, out);
	imapi_node_put(t, dir, 1);
	return ret;
}

static int make_dir(struct imapi_tree *t, const char *path, s64 time)
{
	struct imapi_node *n;
	int ret = make_node(t, path, IMAPI_DIR, time, &n);

	if (!ret)
		imapi_node_put(t, n, 1);
	return ret;
}

static int make_file(struct imapi_tree *t, const char *path, u64 size, u8 seed,
		     s64 time)
{
	struct blob *b = malloc(sizeof(*b));
	struct imapi_node *n;
	int ret = make_node(t, path, IMAPI_FILE, time, &n);

	if (ret) {
		free(b);
		return ret;
	}
	b->size = size;
	b->seed = seed;
	ret = imapi_node_stage(t, n, b, size, time);
	if (ret)
		free(b);
	imapi_node_put(t, n, 1);
	return ret;
}

/* --- reading it back --- */

static void found_wrong(struct found *f, const char *why)
{
	if (!f->why)
		f->why = why;
}

static void found_add(struct found *f, const char *path, u64 size, u32 lba,
		      u32 extents)
{
	size_t need = strlen(path) + 64;

	if (f->len + need > f->room) {
		f->room = 2 * (f->room + need);
		f->text = realloc(f->text, f->room);
	}
	f->len += (size_t)sprintf(f->text + f->len, "%s %llu %u %u\n", path,
				  (unsigned long long)size, lba, extents);
}

static bool found_has(const struct found *f, const char *line)
{
	size_t len = strlen(line);
	const char *p = f->text;

	while (p && (p = strstr(p, line))) {
		if ((p == f->text || p[-1] == '\n') &&
		    (p[len] == ' ' || p[len] == '\n'))
			return true;
		p += len;
	}
	return false;
}

/* Where @path was found: size, lba and extents; false if it wasn't */
static bool found_get(const struct found *f, const char *path,
		      unsigned long long *size, u32 *lba, u32 *extents)
{
	char line[600];
	const char *p;

	snprintf(line, sizeof(line), "\n%s ", path);
	p = strstr(f->text, line);
	return p && sscanf(p + strlen(line), "%llu %u %u", size, lba, extents) == 3;
}

/* ECMA-119 9.3: name, then extension, each as if padded with spaces */
static int compare_padded(const u8 *a, u32 a_len, const u8 *b, u32 b_len)
{
	u32 i;

	for (i = 0; i < a_len || i < b_len; i++) {
		int x = i < a_len ? a[i] : ' ', y = i < b_len ? b[i] : ' ';

		if (x != y)
			return x - y;
	}
	return 0;
}

static u32 bytes_before(const u8 *s, u32 len, u8 c)
{
	u32 i;

	for (i = 0; i < len && s[i] != c; i++)
		;
	return i;
}

static int compare_iso(const u8 *a, u32 a_len, const u8 *b, u32 b_len)
{
	u32 as = bytes_before(a, a_len, '.'), bs = bytes_before(b, b_len, '.');
	int diff = compare_padded(a, as, b, bs);

	if (diff)
		return diff;
	a_len = bytes_before(a, a_len, ';');
	b_len = bytes_before(b, b_len, ';');
	as += as < a_len;
	bs += bs < b_len;
	return compare_padded(a + as, a_len - as, b + bs, b_len - bs);
}

static int compare_ucs(const u8 *a, u32 a_len, const u8 *b, u32 b_len)
{
	u32 i;

	for (i = 0; i < a_len || i < b_len; i += 2) {
		int x = i < a_len ? get_unaligned_be16(a + i) : -1;
		int y = i < b_len ? get_unaligned_be16(b + i) : -1;

		x = x == '.' ? 0 : x;
		y = y == '.' ? 0 : y;
		if (x != y)
			return x - y;
	}
	return 0;
}

static bool numbers_agree(const struct imapi_iso_dirent *de)
{
	return get_unaligned_le32(de->lba.le) == get_unaligned_be32(de->lba.be) &&
	       get_unaligned_le32(de->size.le) == get_unaligned_be32(de->size.be) &&
	       get_unaligned_le16(de->volume.le) == 1 &&
	       get_unaligned_be16(de->volume.be) == 1;
}

static bool iso_name_is_legal(const u8 *name, u32 len, bool dir)
{
	u32 i, dots = 0;

	if (!dir) {
		if (len < 4 || len > 33 || memcmp(name + len - 2, ";1", 2))
			return false;
		len -= 2;
	} else if (len > 31) {
		return false;
	}
	for (i = 0; i < len; i++) {
		if (name[i] == '.')
			dots++;
		else if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", name[i]))
			return false;
	}
	return dots == (dir ? 0 : 1);
}

/* "." or ".." of a directory */
static void check_dot(struct found *f, const struct imapi_iso_dirent *de, u8 name,
		      u32 lba, u32 size)
{
	if (de->len != 34 || de->name_len != 1 || de->name[0] != name)
		found_wrong(f, "no . or .. where it belongs");
	else if (get_unaligned_le32(de->lba.le) != lba ||
		 get_unaligned_le32(de->size.le) != size)
		found_wrong(f, ". or .. points elsewhere");
	else if (!numbers_agree(de) || de->flags != IMAPI_DE_DIRECTORY)
		found_wrong(f, ". or .. is malformed");
}

static void record_path(const char *path, const struct imapi_iso_dirent *de,
			bool ucs, char *out, size_t size)
{
	char name[IMAPI_NAME_UTF8];

	if (ucs)
		imapi_utf16_to_utf8(de->name, de->name_len, name, sizeof(name));
	else
		snprintf(name, sizeof(name), "%.*s", de->name_len,
			 (const char *)de->name);
	snprintf(out, size, "%s/%s", path, name);
}

/* Walks and checks a directory and what is in it, depth first */
static void check_dir(const struct image *img, struct found *f, bool ucs,
		      u32 lba, u32 size, u32 parent, u32 parent_size,
		      const char *path)
{
	const u8 *prev = NULL;
	u32 pos = 68, prev_len = 0, file_lba = 0, extents = 0;
	u64 file_size = 0;

	f->dirs++;
	if (lba != f->next_dir)
		found_wrong(f, "directories are not one behind the other");
	f->next_dir = lba + size / IMAPI_BLOCK;
	if (!size || size % IMAPI_BLOCK)
		found_wrong(f, "a directory's size isn't whole blocks");
	check_dot(f, (const void *)block_at(img, lba), 0, lba, size);
	check_dot(f, (const void *)(block_at(img, lba) + 34), 1, parent, parent_size);

	while (pos < size && !f->why) {
		const struct imapi_iso_dirent *de =
			(const void *)(block_at(img, lba) + pos);
		u32 left = IMAPI_BLOCK - pos % IMAPI_BLOCK;
		bool dir, more = de->flags & IMAPI_DE_MULTI_EXTENT;
		u32 de_lba, de_size;
		char sub[1200];
		int diff;

		if (!de->len) {
			pos += left;
			if (pos < size && size - pos < IMAPI_BLOCK &&
			    !block_at(img, lba)[pos])
				found_wrong(f, "an empty sector");
			continue;
		}
		if (de->len > left || de->len & 1 ||
		    de->len != (33 + de->name_len + 1) / 2 * 2)
			found_wrong(f, "a record's length");
		if (!numbers_agree(de))
			found_wrong(f, "numbers in two byte orders differ");
		pos += de->len;
		de_lba = get_unaligned_le32(de->lba.le);
		de_size = get_unaligned_le32(de->size.le);
		dir = de->flags & IMAPI_DE_DIRECTORY;
		if (!ucs && !iso_name_is_legal(de->name, de->name_len, dir))
			found_wrong(f, "a name that isn't ISO 9660");
		if (prev) {
			diff = ucs ? compare_ucs(prev, prev_len, de->name, de->name_len) :
				     compare_iso(prev, prev_len, de->name, de->name_len);
			if (extents ? diff != 0 : diff >= 0)
				found_wrong(f, "records are not sorted");
		}
		prev = de->name;
		prev_len = de->name_len;
		record_path(path, de, ucs, sub, sizeof(sub));
		if (dir) {
			found_add(f, sub, de_size, de_lba, 1);
			check_dir(img, f, ucs, de_lba, de_size, lba, size, sub);
			continue;
		}
		if (!extents++)
			file_lba = de_lba;
		else if (de_lba != file_lba + file_size / IMAPI_BLOCK)
			found_wrong(f, "sections are not one behind the other");
		file_size += de_size;
		if (more) {
			if (de_size != IMAPI_MAX_EXTENT)
				found_wrong(f, "a section that isn't the last is short");
			continue;
		}
		if (!file_size && file_lba)
			found_wrong(f, "an empty file has a place");
		if (ucs && file_lba > f->first_dir) {
			if (f->next_data && file_lba != f->next_data)
				found_wrong(f, "data is not in directory order");
			f->next_data = file_lba + (u32)((file_size + IMAPI_BLOCK - 1) /
							IMAPI_BLOCK);
		}
		found_add(f, sub, file_size, file_lba, extents);
		f->files++;
		file_size = 0;
		extents = 0;
	}
	if (extents)
		found_wrong(f, "the last section is missing");
}

/* Both tables against each other, their order, and the directories they name */
static void check_paths(const struct image *img, struct found *f, bool ucs,
			const struct imapi_iso_volume *v)
{
	u32 size = get_unaligned_le32(v->path_size.le);
	const u8 *l = block_at(img, get_unaligned_le32(v->path_l));
	const u8 *m = block_at(img, get_unaligned_be32(v->path_m));
	const u8 *prev = NULL;
	u32 pos = 0, nr = 0, prev_parent = 1, prev_len = 0;

	if (get_unaligned_be32(v->path_size.be) != size)
		found_wrong(f, "path table sizes differ");
	while (pos < size && !f->why) {
		const struct imapi_iso_path *p = (const void *)(l + pos);
		const struct imapi_iso_path *q = (const void *)(m + pos);
		u32 lba = get_unaligned_le32(p->lba);
		u32 parent = get_unaligned_le16(p->parent);
		const struct imapi_iso_dirent *self = (const void *)block_at(img, lba);

		nr++;
		if (p->name_len != q->name_len ||
		    memcmp(p->name, q->name, p->name_len) ||
		    lba != get_unaligned_be32(q->lba) ||
		    parent != get_unaligned_be16(q->parent))
			found_wrong(f, "path tables L and M differ");
		if (get_unaligned_le32(self->lba.le) != lba || self->name[0])
			found_wrong(f, "a path table names what isn't a directory");
		if (nr > 1 && parent >= nr)
			found_wrong(f, "a parent's number is not below its child's");
		if (parent < prev_parent)
			found_wrong(f, "path table parents are not in order");
		if (prev && parent == prev_parent && nr > 2 &&
		    (ucs ? compare_ucs(prev, prev_len, p->name, p->name_len) :
			   compare_padded(prev, prev_len, p->name, p->name_len)) >= 0)
			found_wrong(f, "path table names are not in order");
		prev = p->name;
		prev_len = p->name_len;
		prev_parent = parent;
		pos += 8 + p->name_len + (p->name_len & 1);
	}
	if (nr != f->dirs)
		found_wrong(f, "a path table has another number of directories");
}

/* Checks one tree of a session; free f->text. Return: what is wrong, or NULL */
static const char *check_tree(const struct image *img, u32 desc, bool ucs,
			      u32 first_dir, struct found *f)
{
	const struct imapi_iso_volume *v;
	const struct imapi_iso_dirent *root;
	u32 lba, size;

	memset(f, 0, sizeof(*f));
	found_add(f, "", 0, 0, 0);
	while (block_at(img, desc)[0] != (ucs ? IMAPI_VD_SUPPLEMENTARY : IMAPI_VD_PRIMARY))
		desc++;
	v = (const void *)block_at(img, desc);
	root = (const void *)v->root;
	lba = get_unaligned_le32(root->lba.le);
	size = get_unaligned_le32(root->size.le);
	f->first_dir = first_dir ? first_dir : lba;
	f->next_dir = f->first_dir;
	check_dir(img, f, ucs, lba, size, lba, size, "");
	if (!f->why)
		check_paths(img, f, ucs, v);
	return f->why;
}

#endif
