// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <syslog.h>
#include "log.h"

static const char *log_name;
static bool log_syslog;

void log_source(const char *source)
{
	log_name = source;
}

void log_to_syslog(const char *source)
{
	log_name = source;
	log_syslog = true;
	openlog("imapifs", LOG_PID, LOG_DAEMON);
}

static void __attribute__((format(printf, 2, 0)))
put(int priority, const char *fmt, va_list ap)
{
	char line[1024];

	vsnprintf(line, sizeof(line), fmt, ap);
	if (log_syslog)
		syslog(priority, "%s: %s", log_name, line);
	else if (log_name)
		fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name,
			log_name, line);
	else
		fprintf(stderr, "%s: %s\n", program_invocation_short_name, line);
}

void log_line(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put(LOG_WARNING, fmt, ap);
	va_end(ap);
}

void log_info(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put(LOG_INFO, fmt, ap);
	va_end(ap);
}
