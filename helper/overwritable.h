/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Images and overwritable discs: sessions one behind the other, the newest one's
 * descriptors also at block 16. What their recorders decide in the same way.
 */
#ifndef IMAPI_OVERWRITABLE_H
#define IMAPI_OVERWRITABLE_H

#include "core.h"

/* The first block at or behind @lba where a session may start */
static inline u64 overwritable_align(u64 lba)
{
	return (lba + IMAPI_SESSION_ALIGN - 1) & ~(u64)(IMAPI_SESSION_ALIGN - 1);
}

/* Did a commit of ours begin a session at @start? 1, 0, -errno */
int overwritable_begun_at(const struct imapi_source *src, u32 start);

/*
 * Where on a blank medium an old session would go on behind a first one that ends before
 * @end: lba, 0: nowhere
 */
u32 overwritable_stale_at(const struct imapi_source *src, u64 end);

/* Are there several sessions, so that the first one was finished once? */
bool overwritable_has_chain(const struct imapi_source *src);

/**
 * overwritable_forget - make what holds sessions blank
 * @src: it
 * @s: its sessions
 * @wipe: writes IMAPI_FIRST_SESSION blocks of zeros to a multiple of that
 * @ctx: its first argument
 *
 * Zeros at the beginning are enough for all readers. But a new chain of sessions may come
 * by where an old one began, and go on with it: so the beginnings of all go, the first
 * one's last, so that what was broken off can be done again.
 *
 * Return: 0 or what @wipe returned.
 */
int overwritable_forget(const struct imapi_source *src, const struct imapi_sessions *s,
			int (*wipe)(void *ctx, u32 lba), void *ctx);

/* Why a session at @nwa can't follow the newest one, @vol; NULL: it can */
const char *overwritable_why_not(const struct imapi_volume *vol, u64 nwa);

/* The chain of sessions is read from all over the disc: any link may have changed */
bool overwritable_same_sessions(const struct imapi_sessions *a, const struct imapi_sessions *b);

#endif
