# SPDX-License-Identifier: GPL-2.0-only
# imapifs. "make help" lists the targets.

PREFIX ?= /usr/local
DESTDIR ?=
BINDIR = $(PREFIX)/bin
MANDIR = $(PREFIX)/share/man
# mount(8) and umount(8) look for their helpers here and nowhere else
SBINDIR ?= /sbin
# FUSE mounts have the type fuse.imapifs: mount -o remount looks for that name, and
# so does umount(8) where utab doesn't name umount.imapifs
SBIN_LINKS := mount.imapifs umount.imapifs mount.fuse.imapifs umount.fuse.imapifs

VERSION := 0.1.0
B := build

CC ?= cc
INSTALL ?= install
CFLAGS ?= -O2 -g
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2
INC := -Iinclude/uapi -Ihelper -Ihelper/compose -Ikmod/core
DEF := -std=gnu11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DIMAPIFS_RELEASE='"$(VERSION)"'
# Asked for when something is compiled, so that the dependencies can be installed first
LIBS = $(shell pkg-config --libs fuse3 mount libburn-1) -pthread
PKG = $(shell pkg-config --cflags fuse3 mount libburn-1)

CORE := $(sort $(wildcard kmod/core/*.c))
HELPER := $(sort $(wildcard helper/*.c helper/compose/*.c))
OBJ := $(patsubst %.c,$(B)/obj/%.o,$(CORE) $(HELPER))
MAN1 := $(wildcard Documentation/man/*.1)
MAN8 := $(wildcard Documentation/man/*.8)

all: $(B)/imapifs $(B)/mount.imapifs $(B)/umount.imapifs

$(B)/imapifs: $(OBJ)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(B)/mount.imapifs $(B)/umount.imapifs: | $(B)/imapifs
	ln -sf imapifs $@

# Rebuilt when this file's flags change
$(B)/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(DEF) $(CFLAGS) $(WARN) $(INC) $(PKG) -MMD -MP -c -o $@ $<

install: all
	$(INSTALL) -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(SBINDIR)
	$(INSTALL) -m 755 $(B)/imapifs $(DESTDIR)$(BINDIR)/imapifs
	for name in $(SBIN_LINKS); do ln -sf $(BINDIR)/imapifs $(DESTDIR)$(SBINDIR)/$$name; done
	$(if $(MAN1),$(INSTALL) -d $(DESTDIR)$(MANDIR)/man1)
	$(if $(MAN1),$(INSTALL) -m 644 $(MAN1) $(DESTDIR)$(MANDIR)/man1/)
	$(if $(MAN8),$(INSTALL) -d $(DESTDIR)$(MANDIR)/man8)
	$(if $(MAN8),$(INSTALL) -m 644 $(MAN8) $(DESTDIR)$(MANDIR)/man8/)

uninstall:
	rm -f $(DESTDIR)$(BINDIR)/imapifs
	rm -f $(addprefix $(DESTDIR)$(SBINDIR)/,$(SBIN_LINKS))
	rm -f $(addprefix $(DESTDIR)$(MANDIR)/man1/,$(notdir $(MAN1)))
	rm -f $(addprefix $(DESTDIR)$(MANDIR)/man8/,$(notdir $(MAN8)))

clean:
	rm -rf $(B)

# These install what they need (Debian: by apt-get, and only what is missing)
demo:
	tests/deps.sh build demo
	$(MAKE) -s -j$$(nproc) all
	tests/demo.sh

check:
	tests/deps.sh build demo check kmod guest
	$(MAKE) -s -j$$(nproc) all check-programs guest-modules
	tests/check.sh

# The suite in a guest whose kernel looks for mistakes; it is built once. It has what
# UBSAN's checks call, but none of them: the module alone is built with them
UBSAN := -fsanitize=shift -fsanitize=bounds -fsanitize=bool -fsanitize=enum
check-debug:
	tests/deps.sh build demo check kmod guest debug
	$(MAKE) -s -j$$(nproc) all check-programs
	$(MAKE) -s kmod KDIR=$$(tests/guest/debug-kernel.sh) KCFLAGS='$(UBSAN)'
	tests/kmod/suite-debug

# Discs in drives, in guests: other programs on the virtual drive, then ours by both faces.
# KERNEL=6.1 takes another one
check-drive:
	tests/deps.sh build demo check kmod guest vdrive
	$(MAKE) -s -j$$(nproc) all check-programs
	$(MAKE) -s guest-modules
	tests/vdrive/check.sh $(KERNEL)

# The suite in the newest system that Debian has, built there with its compiler
check-newest:
	tests/deps.sh guest newest
	tests/guest/newest.sh

fuzz:
	tests/deps.sh build check
	$(MAKE) -s -j$$(nproc) fuzz-programs
	FUZZ_SECONDS=$(FUZZ_SECONDS) tests/lib/fuzz.sh $(FUZZERS) $(VDRIVE_FUZZERS)

bench:
	tests/deps.sh build demo bench
	$(MAKE) -s -j$$(nproc) all bench-programs
	tests/bench/bench.sh
	$(MAKE) -s bench-guest
	$(MAKE) -s bench-drive

# The module beside isofs and tmpfs, in a guest; KERNEL=6.1 takes another one
KERNEL ?= 6.12
bench-guest:
	tests/deps.sh build demo kmod guest
	$(MAKE) -s -j$$(nproc) all bench-programs
	$(MAKE) -s kmod KVER=$$(bash -c '. tests/guest/kernel.sh && kernel_release $(KERNEL)')
	tests/bench/guest.sh $(KERNEL)

# Both faces beside isofs on the virtual drive, in its simulated time
bench-drive:
	tests/deps.sh build demo kmod guest
	$(MAKE) -s -j$$(nproc) all vdrive bench-programs
	$(MAKE) -s kmod KVER=$$(bash -c '. tests/guest/kernel.sh && kernel_release $(KERNEL)')
	tests/bench/drive.sh $(KERNEL)

help:
	@echo 'make            build/imapifs, build/mount.imapifs, build/umount.imapifs'
	@echo 'make demo       the main job on a real tree, checked by other programs'
	@echo 'make check      the tests, but the slow ones below'
	@echo 'make check-debug  the module under KASAN, lockdep and the like; builds a kernel'
	@echo "make check-newest  the module on the newest kernel of Debian's archive; makes a system"
	@echo 'make fuzz       every fuzz target, longer (FUZZ_SECONDS=300 each)'
	@echo 'make bench      tables of times, beside those of other programs'
	@echo 'make bench-guest  the part of it about the module; KERNEL=6.1'
	@echo 'make bench-drive  the part of it about drives, in simulated time; KERNEL=6.1'
	@echo 'make check-drive  discs in drives: media, faults, swapped discs; KERNEL=6.1'
	@echo 'make vdrive     build/vdrive, a virtual recorder to rehearse with'
	@echo 'make kmod       the module, in build/KVER; KVER=, KDIR=, W=1, C=2'
	@echo 'make install    DESTDIR=, PREFIX=/usr/local; mount helpers go to /sbin'
	@echo 'make install-kmod, make install-dkms; KVER='
	@echo 'make uninstall, make uninstall-kmod, make uninstall-dkms, make clean'

include kmod/Makefile
include tests/Makefile
-include $(OBJ:.o=.d)
.PHONY: all install uninstall clean demo check check-debug check-newest check-drive fuzz bench \
	bench-guest bench-drive help
