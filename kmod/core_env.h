/* SPDX-License-Identifier: GPL-2.0-only */
/* What the core needs of the kernel; user space has another one. */
#ifndef IMAPIFS_CORE_ENV_H
#define IMAPIFS_CORE_ENV_H

#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/types.h>
#include "compat.h"

/* Memory that may be large and is zeroed */
static inline void *core_zalloc(size_t bytes)
{
	return kvzalloc(bytes, GFP_KERNEL);
}

static inline void core_free(const void *p)
{
	kvfree(p);
}

/*
 * May sleep; never held over a read of the disc. Reclaim evicts inodes, and that
 * takes the tree's lock: with it held nothing is allocated that enters a file
 * system.
 */
struct core_mutex {
	struct mutex m;		/* of who calls the core */
	unsigned int nofs;	/* of who has it */
};

static inline void core_mutex_init(struct core_mutex *l)
{
	mutex_init(&l->m);
}

static inline void core_mutex_destroy(struct core_mutex *l)
{
	mutex_destroy(&l->m);
}

static inline void core_mutex_lock(struct core_mutex *l)
{
	unsigned int nofs = memalloc_nofs_save();

	mutex_lock(&l->m);
	l->nofs = nofs;
}

static inline void core_mutex_unlock(struct core_mutex *l)
{
	unsigned int nofs = l->nofs;

	mutex_unlock(&l->m);
	memalloc_nofs_restore(nofs);
}

#endif
