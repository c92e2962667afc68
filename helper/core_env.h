/* SPDX-License-Identifier: GPL-2.0-only */
/* What kmod/core/ needs from its surroundings, in user space. */
#ifndef IMAPI_CORE_ENV_H
#define IMAPI_CORE_ENV_H

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;

#ifndef __packed
#define __packed __attribute__((packed))
#endif

static inline u16 get_unaligned_le16(const void *p)
{
	const u8 *b = p;

	return (u16)(b[0] | b[1] << 8);
}

static inline u16 get_unaligned_be16(const void *p)
{
	const u8 *b = p;

	return (u16)(b[0] << 8 | b[1]);
}

static inline u32 get_unaligned_le32(const void *p)
{
	const u8 *b = p;

	return (u32)b[0] | (u32)b[1] << 8 | (u32)b[2] << 16 | (u32)b[3] << 24;
}

static inline u32 get_unaligned_be32(const void *p)
{
	const u8 *b = p;

	return (u32)b[0] << 24 | (u32)b[1] << 16 | (u32)b[2] << 8 | (u32)b[3];
}

static inline void put_unaligned_le16(u16 v, void *p)
{
	u8 *b = p;

	b[0] = (u8)v;
	b[1] = (u8)(v >> 8);
}

static inline void put_unaligned_be16(u16 v, void *p)
{
	u8 *b = p;

	b[0] = (u8)(v >> 8);
	b[1] = (u8)v;
}

static inline void put_unaligned_le32(u32 v, void *p)
{
	put_unaligned_le16((u16)v, p);
	put_unaligned_le16((u16)(v >> 16), (u8 *)p + 2);
}

static inline void put_unaligned_be32(u32 v, void *p)
{
	put_unaligned_be16((u16)(v >> 16), p);
	put_unaligned_be16((u16)v, (u8 *)p + 2);
}

/* Memory that may be large and is zeroed; kvzalloc() and friends in the kernel */
static inline void *core_zalloc(size_t bytes)
{
	return calloc(1, bytes);
}

static inline void core_free(const void *p)
{
	free((void *)p);
}

/* May sleep; never held over a read of the disc */
struct core_mutex {
	pthread_mutex_t m;
};

static inline void core_mutex_init(struct core_mutex *l)
{
	pthread_mutex_init(&l->m, NULL);
}

static inline void core_mutex_destroy(struct core_mutex *l)
{
	pthread_mutex_destroy(&l->m);
}

static inline void core_mutex_lock(struct core_mutex *l)
{
	pthread_mutex_lock(&l->m);
}

static inline void core_mutex_unlock(struct core_mutex *l)
{
	pthread_mutex_unlock(&l->m);
}

#endif
