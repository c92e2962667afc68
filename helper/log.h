/* SPDX-License-Identifier: GPL-2.0-only */
/* One line for people: on the terminal while there is one, in syslog after. */
#ifndef IMAPI_LOG_H
#define IMAPI_LOG_H

/* From here on lines have @source in front; it is kept */
void log_source(const char *source);

/* From here on lines go to syslog, with @source in front; it is kept */
void log_to_syslog(const char *source);

void log_line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* What went well; syslog's priority for it is another one */
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
