// SPDX-License-Identifier: GPL-2.0-only
/* The session as a stream, in the order of its places. */
#include "plan.h"

static int emit_descriptors(const struct compose *c, struct out *o)
{
	u8 set[COMPOSE_HEAD_MAX * IMAPI_BLOCK];

	descriptors_make(c, c->blocks, set);
	return out_write(o, set, (size_t)descriptors_count(c) * IMAPI_BLOCK);
}

static int emit_tree(struct compose *c, struct out *o)
{
	int ret;
	u32 t;

	ret = system_area_emit(c, o);
	if (ret)
		return ret;
	ret = emit_descriptors(c, o);
	for (t = 0; t < TREES && !ret; t++)
		ret = path_tables_emit(c, t, o);
	for (t = 0; t < TREES && !ret; t++)
		ret = directories_emit(c, t, o);
	return ret ? ret : out_flush(o);
}

int compose_emit_tree(struct compose *c, const struct compose_sink *sink)
{
	struct out o;
	int ret = out_init(&o, sink);

	if (ret)
		return ret;
	ret = emit_tree(c, &o);
	out_free(&o);
	return ret;
}

static int emit_padding(const struct compose *c, const struct compose_sink *sink)
{
	struct out o;
	int ret;

	if (!c->padding)
		return 0;
	ret = out_init(&o, sink);
	if (ret)
		return ret;
	ret = out_write(&o, NULL, (size_t)c->padding * IMAPI_BLOCK);
	if (!ret)
		ret = out_flush(&o);
	out_free(&o);
	return ret;
}

int compose_emit_data(struct compose *c, const struct compose_sink *sink)
{
	int ret = 0;
	u32 i;

	for (i = 0; i < c->files_nr && !ret; i++) {
		const struct cfile *f = &c->files[c->data[i]];

		if (f->size)
			ret = sink->file(sink->ctx, f->staged, f->size);
	}
	return ret ? ret : emit_padding(c, sink);
}

int compose_emit(struct compose *c, const struct compose_sink *sink)
{
	int ret = compose_emit_tree(c, sink);

	return ret ? ret : compose_emit_data(c, sink);
}

u32 compose_descriptors(struct compose *c, u8 *buf)
{
	descriptors_make(c, c->blocks, buf);
	return descriptors_count(c);
}

u32 compose_head(struct compose *c, u8 *buf)
{
	descriptors_make(c, c->params.start + c->blocks, buf);
	return descriptors_count(c);
}
