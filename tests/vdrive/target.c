// SPDX-License-Identifier: GPL-2.0-only
/* Making and unmaking the backstore (target_core_user) and the device (tcm_loop) */
#include "target.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CONFIGFS	"/sys/kernel/config"
#define TARGET		CONFIGFS "/target"
/* An adapter for each drive; other programs count theirs from 0 */
#define ADAPTER		1000u
/* Names in the number space that LIO's own tools use, in its upper part */
#define NAA		0x5001405764d00000ull

enum place {
	PLACE_ADAPTER,
	PLACE_STORE,
	PLACE_TARGET,
	PLACE_PORTAL,
	PLACE_LUN,
	PLACE_LINK,
};

static const char *path_of(enum place place, unsigned int n, const char *below)
{
	static char path[512];
	const unsigned long long naa = NAA + 2 * n;

	switch (place) {
	case PLACE_ADAPTER:
		snprintf(path, sizeof(path), TARGET "/core/user_%u%s", ADAPTER + n, below);
		break;
	case PLACE_STORE:
		snprintf(path, sizeof(path), TARGET "/core/user_%u/vdrive%u%s", ADAPTER + n, n,
			 below);
		break;
	case PLACE_TARGET:
		snprintf(path, sizeof(path), TARGET "/loopback/naa.%llx%s", naa, below);
		break;
	case PLACE_PORTAL:
		snprintf(path, sizeof(path), TARGET "/loopback/naa.%llx/tpgt_1%s", naa, below);
		break;
	case PLACE_LUN:
		snprintf(path, sizeof(path), TARGET "/loopback/naa.%llx/tpgt_1/lun/lun_0%s", naa,
			 below);
		break;
	case PLACE_LINK:
		snprintf(path, sizeof(path), TARGET "/loopback/naa.%llx/tpgt_1/lun/lun_0/port%s",
			 naa, below);
		break;
	}
	return path;
}

static int put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), rc = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		rc = -errno;
	close(fd);
	return rc;
}

/* The first line of a small file; "" if there is none */
static void get(const char *path, char *text, size_t room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = -1;

	if (fd >= 0) {
		n = read(fd, text, room - 1);
		close(fd);
	}
	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
}

static int make_dir(const char *path)
{
	return mkdir(path, 0755) && errno != EEXIST ? -errno : 0;
}

/* What isn't there any more is gone as well */
static int gone(int rc)
{
	return rc && errno != ENOENT ? -errno : 0;
}

static void load_modules(void)
{
	static char *const argv[] = { "modprobe", "-q", "-a", "configfs", "target_core_mod",
				      "uio", "target_core_user", "tcm_loop", "sr_mod", "sg", NULL };
	pid_t pid = fork();

	if (pid < 0)
		return;
	if (!pid) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);

		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		/* PATH may be a user's */
		execv("/sbin/modprobe", argv);
		execvp(argv[0], argv);
		_exit(127);
	}
	waitpid(pid, NULL, 0);
}

int target_prepare(const char **why)
{
	*why = "not root: it makes a device of this machine";
	if (geteuid())
		return -EPERM;
	/* A part that is built in has no module: what counts is what is there then */
	load_modules();
	if (access(CONFIGFS "/target", F_OK))
		mount("configfs", CONFIGFS, "configfs", 0, NULL);
	*why = "no " TARGET ": this kernel lacks target_core_mod, or configfs isn't mounted";
	if (access(TARGET "/core", F_OK))
		return -ENODEV;
	*why = "no module uio or target_core_user: install the kernel's full set of modules "
	       "(Debian: linux-image-amd64, not the cloud kernel)";
	if (access("/sys/module/target_core_user", F_OK) || access("/sys/class/uio", F_OK))
		return -ENODEV;
	*why = "no module tcm_loop: install the kernel's full set of modules "
	       "(Debian: linux-image-amd64, not the cloud kernel)";
	if (make_dir(TARGET "/loopback"))
		return -ENODEV;
	*why = "no module sr_mod: nothing would drive the device";
	if (access("/sys/bus/scsi/drivers/sr", F_OK))
		return -ENODEV;
	return 0;
}

bool target_exists(unsigned int number)
{
	return !access(path_of(PLACE_ADAPTER, number, ""), F_OK) ||
	       !access(path_of(PLACE_TARGET, number, ""), F_OK);
}

/* Attributes without which it works as well, on kernels that don't have them */
static void tune(unsigned int n)
{
	/* Reservations are no drive's; RESERVE and RELEASE are to be unknown (MMC-6 6) */
	put(path_of(PLACE_STORE, n, "/attrib/emulate_pr"), "0");
	put(path_of(PLACE_STORE, n, "/attrib/alua_support"), "0");
	/* So that a command which hangs can be given up */
	put(path_of(PLACE_STORE, n, "/attrib/tmr_notification"), "1");
}

int target_create(unsigned int number)
{
	int rc = make_dir(path_of(PLACE_ADAPTER, number, ""));

	if (!rc)
		rc = make_dir(path_of(PLACE_STORE, number, ""));
	/* The size is only for a disk; nobody on netlink is asked to agree */
	if (!rc)
		rc = put(path_of(PLACE_STORE, number, "/control"),
			 "dev_config=vdrive,dev_size=2048,hw_block_size=2048,max_data_area_mb=32,"
			 "nl_reply_supported=-1");
	if (!rc)
		rc = put(path_of(PLACE_STORE, number, "/enable"), "1");
	/* No limit to what a drive takes: blanking is an hour. The initiator has its own */
	if (!rc)
		rc = put(path_of(PLACE_STORE, number, "/attrib/cmd_time_out"), "0");
	if (rc) {
		target_remove(number);
		return rc;
	}
	tune(number);
	return 0;
}

/* Is that uio device's name the one of drive @number? tcm-user/ADAPTER/STORE/CONFIG */
static bool is_ring(const char *uio, unsigned int number)
{
	char path[512], name[256], want[64];
	size_t n;

	snprintf(path, sizeof(path), "/sys/class/uio/%.64s/name", uio);
	get(path, name, sizeof(name));
	n = (size_t)snprintf(want, sizeof(want), "tcm-user/%u/vdrive%u/", ADAPTER + number, number);
	return !strncmp(name, want, n);
}

int target_uio(unsigned int number, char *path, size_t room, size_t *size)
{
	DIR *dir = opendir("/sys/class/uio");
	struct dirent *d;
	char from[512], text[64];
	int rc = -ENODEV;

	if (!dir)
		return rc;
	while (rc && (d = readdir(dir))) {
		if (d->d_name[0] == '.' || !is_ring(d->d_name, number))
			continue;
		snprintf(from, sizeof(from), "/sys/class/uio/%.64s/maps/map0/size", d->d_name);
		get(from, text, sizeof(text));
		*size = strtoull(text, NULL, 0);
		snprintf(path, room, "/dev/%.64s", d->d_name);
		rc = *size ? 0 : -ENODEV;
	}
	closedir(dir);
	return rc;
}

int target_export(unsigned int number)
{
	char nexus[64], store[512];
	int rc = make_dir(TARGET "/loopback");

	if (!rc)
		rc = make_dir(path_of(PLACE_TARGET, number, ""));
	if (!rc)
		rc = make_dir(path_of(PLACE_PORTAL, number, ""));
	snprintf(nexus, sizeof(nexus), "naa.%llx", NAA + 2 * number + 1);
	if (!rc)
		rc = put(path_of(PLACE_PORTAL, number, "/nexus"), nexus);
	if (!rc)
		rc = make_dir(path_of(PLACE_LUN, number, ""));
	snprintf(store, sizeof(store), "%s", path_of(PLACE_STORE, number, ""));
	if (!rc && symlink(store, path_of(PLACE_LINK, number, "")))
		rc = -errno;
	if (rc)
		target_unexport(number);
	return rc;
}

/* The only name in a folder of sysfs that begins so */
static void name_in(const char *folder, const char *prefix, char *name, size_t room)
{
	DIR *dir = opendir(folder);
	struct dirent *d;

	name[0] = '\0';
	if (!dir)
		return;
	while ((d = readdir(dir)))
		if (!strncmp(d->d_name, prefix, strlen(prefix)))
			snprintf(name, room, "/dev/%.32s", d->d_name);
	closedir(dir);
}

void target_find(unsigned int number, struct target_names *names)
{
	char address[64], folder[256];

	get(path_of(PLACE_PORTAL, number, "/address"), address, sizeof(address));
	snprintf(folder, sizeof(folder), "/sys/bus/scsi/devices/%s:0/block", address);
	name_in(folder, "sr", names->block, sizeof(names->block));
	snprintf(folder, sizeof(folder), "/sys/bus/scsi/devices/%s:0/scsi_generic", address);
	name_in(folder, "sg", names->generic, sizeof(names->generic));
}

int target_unexport(unsigned int number)
{
	int rc = gone(unlink(path_of(PLACE_LINK, number, "")));

	if (!rc)
		rc = gone(rmdir(path_of(PLACE_LUN, number, "")));
	if (!rc)
		rc = gone(rmdir(path_of(PLACE_PORTAL, number, "")));
	if (!rc)
		rc = gone(rmdir(path_of(PLACE_TARGET, number, "")));
	return rc;
}

void target_abandon(unsigned int number)
{
	/* 2: they failed; 1 would have them tried again for ever */
	put(path_of(PLACE_STORE, number, "/action/reset_ring"), "2");
}

int target_remove(unsigned int number)
{
	int rc = gone(rmdir(path_of(PLACE_STORE, number, "")));

	if (!rc)
		rc = gone(rmdir(path_of(PLACE_ADAPTER, number, "")));
	/* Others may have theirs in it */
	rmdir(TARGET "/loopback");
	return rc;
}

/* Pulls the device out while its commands are ended as they come */
int target_clean(unsigned int number)
{
	int status, tries;
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (!pid)
		_exit(-target_unexport(number) & 0xff);
	/* The kernel's own time limit of a command is half a minute */
	for (tries = 0; tries < 1200; tries++) {
		target_abandon(number);
		if (waitpid(pid, &status, WNOHANG) == pid)
			break;
		usleep(50000);
	}
	if (tries == 1200)
		return -ETIMEDOUT;
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		return WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
	return target_remove(number);
}
