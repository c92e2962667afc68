// SPDX-License-Identifier: GPL-2.0-only
/* Is this the disc that was mounted? */
#include "core.h"

bool imapi_identity_same_medium(const struct imapi_identity *a,
				const struct imapi_identity *b)
{
	if (a->medium_len != b->medium_len || memcmp(a->medium, b->medium, a->medium_len))
		return false;
	/* A drive may have none for a disc that it had one for: that says nothing */
	return !a->has_disc_id || !b->has_disc_id || a->disc_id == b->disc_id;
}

bool imapi_identity_equal(const struct imapi_identity *a,
			  const struct imapi_identity *b)
{
	return imapi_identity_same_medium(a, b) &&
	       a->sessions == b->sessions && a->nwa == b->nwa &&
	       a->descriptors == b->descriptors &&
	       a->tracks == b->tracks && a->start == b->start && a->blank == b->blank;
}

bool imapi_identity_left_over(const struct imapi_identity *was,
			      const struct imapi_identity *now, u64 there, u64 head)
{
	if (!imapi_identity_same_medium(was, now) || now->sessions > was->sessions + 2)
		return false;
	if (head && now->descriptors == head)
		return true;
	return was->descriptors ? there == was->descriptors : !now->descriptors;
}

static enum imapi_difference same_blank(const struct imapi_identity *now)
{
	return now->put_in ? IMAPI_MAYBE_OTHER_BLANK : IMAPI_SAME_BLANK;
}

enum imapi_difference imapi_identity_compare(const struct imapi_identity *planned,
					     const struct imapi_identity *now, u64 there)
{
	if (!now)
		return IMAPI_NO_DISC;
	if (!imapi_identity_same_medium(planned, now))
		return IMAPI_OTHER_DISC;
	if (imapi_identity_equal(planned, now))
		return planned->blank ? same_blank(now) : IMAPI_SAME;
	if (planned->blank)
		return now->blank ? IMAPI_OTHER_DISC : IMAPI_NOT_BLANK;
	if (now->blank)
		return IMAPI_ERASED;
	if (!planned->descriptors || there != planned->descriptors)
		return IMAPI_OTHER_CONTENT;
	return now->sessions > planned->sessions ? IMAPI_MORE_SESSIONS : IMAPI_CHANGED;
}

static const struct {
	int error;
	const char *text;
} differences[] = {
	[IMAPI_SAME] = { 0, "it is the disc that was mounted" },
	[IMAPI_SAME_BLANK] = { 0, "it is a blank disc, like the one that was mounted" },
	[IMAPI_NO_DISC] = { -ENOMEDIUM, "the drive is empty: put the disc back and sync again" },
	[IMAPI_OTHER_DISC] = { -EMEDIUMTYPE,
		"another disc is in the drive: put back the one that was mounted and sync again"
	},
	[IMAPI_OTHER_CONTENT] = { -EMEDIUMTYPE,
		"not the disc as it was mounted: put that back and sync again; if another program wrote on it, umount -f it (what is staged goes to the rescue folder) and mount it again"
	},
	[IMAPI_MORE_SESSIONS] = { -EMEDIUMTYPE,
		"another program has burned a session on the disc since it was mounted: umount -f it (what is staged goes to the rescue folder) and mount it again"
	},
	[IMAPI_NOT_BLANK] = { -EMEDIUMTYPE,
		"the disc that was mounted was blank, and the one in the drive is not: put a blank one in and sync again"
	},
	[IMAPI_ERASED] = { -EMEDIUMTYPE,
		"the disc in the drive is blank: put back the one that was mounted and sync again"
	},
	[IMAPI_CHANGED] = { -EMEDIUMTYPE,
		"another program has written on the disc since it was mounted: umount -f it (what is staged goes to the rescue folder) and mount it again"
	},
	[IMAPI_MAYBE_OTHER_BLANK] = { -EMEDIUMTYPE,
		"a blank disc was put in since one was mounted, and blank discs can't be told apart: put in the one that is meant and sync again"
	},
};

int imapi_difference_error(enum imapi_difference d)
{
	return differences[d].error;
}

const char *imapi_difference_text(enum imapi_difference d)
{
	return differences[d].text;
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
	h = hash_u32(h, id->tracks);
	h = hash_u32(h, id->start);
	h = hash_u32(h, id->blank);
	if (id->has_disc_id)
		h = hash_u32(h, id->disc_id);
	for (i = 15; i >= 0; i--) {
		out[i] = digits[h & 15];
		h >>= 4;
	}
	out[16] = '\0';
}
