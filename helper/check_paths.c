// SPDX-License-Identifier: GPL-2.0-only
/* Path tables (ECMA-119 6.9, 9.4) against the directories that were walked */
#include "check.h"

/* IMAPI_MAX_DIRS records of the longest kind */
#define TABLE_MAX	(IMAPI_MAX_DIRS * 264u)

/* A pair of tables, read side by side */
struct tables {
	struct check_tree *t;
	u8 *l, *m;
	size_t l_pos, m_pos;
	u32 *lbas;		/* of each record so far: parents are given by number */
	u32 number;		/* of the record that is looked at, from 1 */
	u16 last_parent;
	u8 last_name[2 * 255];
	u32 last_len;
	u32 orders;		/* that names may still be in; 0: said so already */
};

static u8 *read_table(const struct check_tree *t, u32 lba, int *err)
{
	u32 blocks = (t->where->path_size + IMAPI_BLOCK - 1) / IMAPI_BLOCK;
	u8 *buf = malloc((size_t)blocks * IMAPI_BLOCK);

	*err = buf ? t->c->src->read(t->c->src->ctx, lba, blocks, buf) : -ENOMEM;
	if (*err) {
		free(buf);
		return NULL;
	}
	return buf;
}

static bool same_record(const struct imapi_path *a, const struct imapi_path *b)
{
	return a->lba == b->lba && a->parent == b->parent &&
	       a->xattr_blocks == b->xattr_blocks && a->name_len == b->name_len &&
	       !memcmp(a->name, b->name, a->name_len);
}

/* By the parent's number, then by name (ECMA-119 6.9.1) */
static void check_record_order(struct tables *tab, const struct imapi_path *p,
			       const u8 *name, u32 len)
{
	u32 orders = tab->orders;

	/* The third record is the first one that has something but the root before it */
	if (tab->number > 2 && p->parent < tab->last_parent)
		orders = 0;
	else if (tab->number > 2 && p->parent == tab->last_parent)
		orders = check_orders(orders, tab->last_name, tab->last_len, name, len);
	if (tab->orders && !orders)
		check_problem(tab->t->c, "%s tree: the path table is not in order at record %u",
			      tab->t->label, tab->number);
	tab->orders = orders;
	tab->last_parent = p->parent;
	memcpy(tab->last_name, name, len);
	tab->last_len = len;
}

static void check_record(struct tables *tab, const struct imapi_path *p)
{
	const struct check_tree *t = tab->t;
	char path[CHECK_PATH];
	u8 name[2 * 255];
	u32 lba = p->lba + p->xattr_blocks;
	int len = 0;
	u32 dir;

	tab->lbas[tab->number - 1] = lba;
	dir = check_find_dir(t, lba);
	if (dir >= t->nr) {
		if (!t->broken)
			check_problem(t->c,
				      "%s tree: record %u of the path table leads to block %u, where no directory is",
				      t->label, tab->number, lba);
		return;
	}
	t->dirs[dir].listed = true;
	if (t->dirs[t->dirs[dir].parent].lba != tab->lbas[p->parent - 1])
		check_problem(t->c, "%s tree: %s has another parent in the path table", t->label,
			      check_path(t, dir, NULL, path));
	/* The root's name is one byte 0 (ECMA-119 9.4.5) */
	if (tab->number > 1)
		len = imapi_name_decode(p->name, p->name_len, t->ucs, name);
	if (len < 0)
		check_problem(t->c,
			      "%s tree: %s has an impossible name in the path table", t->label,
			      check_path(t, dir, NULL, path));
	else
		check_record_order(tab, p, name, (u32)len);
}

static void check_records(struct tables *tab)
{
	const struct check_tree *t = tab->t;
	struct imapi_path l, m;
	int more, more_m;

	for (tab->number = 1; tab->number <= IMAPI_MAX_DIRS; tab->number++) {
		more = imapi_path_next(tab->l, t->where->path_size, false, &tab->l_pos,
				       tab->number, &l);
		more_m = imapi_path_next(tab->m, t->where->path_size, true, &tab->m_pos,
					 tab->number, &m);
		if (!more && !more_m)
			return;
		if (more < 0 || more_m < 0) {
			check_problem(t->c,
				      "%s tree: record %u of the path table (%s) is malformed",
				      t->label, tab->number, more < 0 ? "L" : "M");
			return;
		}
		if (more != more_m || !same_record(&l, &m)) {
			check_problem(t->c, "%s tree: the path tables L and M differ at record %u",
				      t->label, tab->number);
			return;
		}
		check_record(tab, &l);
	}
}

static void check_all_listed(const struct check_tree *t)
{
	char path[CHECK_PATH];
	u32 i;

	for (i = 0; i < t->nr; i++) {
		if (!t->dirs[i].listed)
			check_problem(t->c, "%s tree: %s is not in the path table", t->label,
				      check_path(t, i, NULL, path));
	}
}

int check_path_tables(struct check_tree *t)
{
	struct tables tab = { .t = t, .orders = CHECK_ANY_ORDER };
	int err;

	if (!t->where->path_size || t->where->path_size > TABLE_MAX) {
		check_problem(t->c, "%s tree: a path table of %u bytes", t->label,
			      t->where->path_size);
		return 0;
	}
	tab.l = read_table(t, t->where->path_l, &err);
	if (!err)
		tab.m = read_table(t, t->where->path_m, &err);
	if (!err) {
		tab.lbas = calloc(IMAPI_MAX_DIRS, sizeof(*tab.lbas));
		err = tab.lbas ? 0 : -ENOMEM;
	}
	if (!err) {
		check_records(&tab);
		check_all_listed(t);
	} else if (err != -ENOMEM) {
		check_problem(t->c, "%s tree: the path tables can't be read: %s", t->label,
			      strerror(-err));
		err = 0;
	}
	free(tab.l);
	free(tab.m);
	free(tab.lbas);
	return err;
}
