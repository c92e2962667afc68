/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of the primary tree, made from the Joliet names.
 *
 * A letter becomes its capital, digits and "_" stay, and any other character
 * becomes "_" (a surrogate pair is one character). That leaves d-characters
 * (ECMA-119 7.4.1).
 *
 * A file's extension is what follows its last ".", if that "." is not the first
 * character and at most 8 characters follow; a "." at the very end has no
 * extension and is dropped. Otherwise there is no extension, and the "." turns
 * into "_" as any other character. The name is cut so that name and extension
 * have at most 30 characters (ECMA-119 7.5.1); a directory's name has no
 * extension and at most 31 (7.6.3).
 *
 * Where several entries of a directory come to the same name, the first in
 * Joliet order keeps it, and the others get "_" and a number in place of their
 * name's tail: TEXT_FIL.TXT, TEXT_FIL_1.TXT. Numbers count up through the whole
 * directory in Joliet order, and those that would give some other entry's own
 * name are passed over. So names depend on the directory's Joliet names alone.
 */
#ifndef IMAPI_ISONAMES_H
#define IMAPI_ISONAMES_H

#include <core_env.h>

#define ISO_NAME_MAX		31
#define ISO_FILE_MAX		30	/* name and extension together */
#define ISO_EXTENSION_MAX	8

/*
 * NAME or NAME.EXT, without version and without a "." at the end: in this form
 * a directory and a file without extension are the same name, and comparing
 * bytes gives the order of ECMA-119 9.3, because "." sorts before d-characters.
 */
struct iso_name {
	u8 len;
	u8 stem;		/* characters of NAME */
	u8 chars[ISO_NAME_MAX];
};

/**
 * iso_fold - a string in d-characters
 * @name: UTF-16BE
 * @len: its bytes, even
 * @out: room for @max
 * @max: characters wanted at most
 *
 * Return: characters in @out.
 */
u32 iso_fold(const u8 *name, size_t len, u8 *out, u32 max);

/* The name that @name (UTF-16BE, @len bytes) has where nobody else wants it */
void iso_name_file(const u8 *name, size_t len, struct iso_name *out);
void iso_name_dir(const u8 *name, size_t len, struct iso_name *out);

/**
 * iso_name_number - put a number in place of a name's tail
 * @n: the name
 * @max: characters that name and extension may have together
 * @number: what to put there
 */
void iso_name_number(struct iso_name *n, u32 max, u32 number);

/* Order of ECMA-119 9.3; 0: the same name */
int iso_name_cmp(const struct iso_name *a, const struct iso_name *b);

#endif
