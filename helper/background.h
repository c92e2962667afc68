/* SPDX-License-Identifier: GPL-2.0-only */
/* A process in the background that serves a mount, and its word to the one that waits. */
#ifndef IMAPI_BACKGROUND_H
#define IMAPI_BACKGROUND_H

/**
 * background_start - start a process and wait until it is ready
 * @child: what it runs: background_enter(@ready) first, background_tell(@ready)
 *	once, and then whatever it is for. What it returns is its exit status
 * @ctx: first argument of @child
 *
 * Return: what it told; codes of mount(8) where it could not be started, or died.
 */
int background_start(int (*child)(void *ctx, int ready), void *ctx);

/* In the child: nothing of the caller's stays open but @ready and the terminal */
void background_enter(int ready);

/* From here on no terminal, and no folder that somebody might want to unmount */
void background_detach(const char *source);

/* @code: of mount(8), 0: ready. Closes @ready */
void background_tell(int ready, int code);

/*
 * Init systems end what runs at shutdown before they unmount, unless its name
 * begins with "@": without this process a mount of the module couldn't be burned
 */
void background_survive_shutdown(void);

#endif
