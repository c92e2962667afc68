// SPDX-License-Identifier: GPL-2.0-only
/* Is this the disc that was mounted? */
#include "core.h"

bool imapi_identity_equal(const struct imapi_identity *a,
			  const struct imapi_identity *b)
{
	return a->medium_len == b->medium_len &&
	       !memcmp(a->medium, b->medium, a->medium_len) &&
	       a->sessions == b->sessions && a->nwa == b->nwa &&
	       a->descriptors == b->descriptors;
}

static u64 hash_u32(u64 seed, u32 n)
{
	u8 bytes[4];

	put_unaligned_le32(n, bytes);
	return imapi_hash64(seed, bytes, sizeof(bytes));
}

void imapi_identity_print(const struct imapi_identity *id, char out[17])
{
	static const char digits[] = "0123456789abcdef";
	u64 h = IMAPI_HASH64_SEED;
	int i;

	h = imapi_hash64(h, id->medium, id->medium_len);
	h = hash_u32(h, id->sessions);
	h = hash_u32(h, id->nwa);
	h = hash_u32(h, (u32)id->descriptors);
	h = hash_u32(h, (u32)(id->descriptors >> 32));
	for (i = 15; i >= 0; i--) {
		out[i] = digits[h & 15];
		h >>= 4;
	}
	out[16] = '\0';
}
