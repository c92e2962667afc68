#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# uevents.pl DEVICE FILE COMMAND...: runs it, and leaves in FILE what the kernel tells of the
# device meanwhile, a line each: the action, the device's sectors when that was heard, and
# what else is said. udev and those behind it hear the same
use strict;
use warnings;
use constant {
	PF_NETLINK => 16,
	SOCK_DGRAM => 2,
	NETLINK_KOBJECT_UEVENT => 15,
	FROM_KERNEL => 1,
	WNOHANG => 1,
	MESSAGE_MAX => 16384,
};

my ($device, $file, @command) = @ARGV;
die "usage: uevents.pl DEVICE FILE COMMAND...\n" unless @command;
my ($name) = $device =~ m{([^/]+)$};

sub sectors
{
	open(my $size, '<', "/sys/block/$name/size") or return '-';
	chomp(my $sectors = <$size>);
	return $sectors;
}

# The first word has no key
sub heard
{
	my ($out, $message) = @_;
	my %said = map { /^(\w+)=(.*)/s ? ($1, $2) : () } split(/\0/, $message);

	return if ($said{SUBSYSTEM} // '') ne 'block' || ($said{DEVNAME} // '') ne $name;
	print {$out} join(' ', $said{ACTION}, sectors(), map { "$_=$said{$_}" }
		grep { exists $said{$_} } qw(RESIZE DISK_MEDIA_CHANGE DISK_EJECT_REQUEST)), "\n";
}

# Is there something to read within @_ seconds?
sub readable
{
	my ($kernel, $seconds) = @_;
	my $set = '';

	vec($set, fileno($kernel), 1) = 1;
	return select($set, undef, undef, $seconds) > 0;
}

# Until the command has ended, and then all that was told before that
sub listen_to
{
	my ($kernel, $out, $pid) = @_;
	my ($ended, $status, $message) = (0, 0);

	while (1) {
		if (readable($kernel, $ended ? 0 : 0.05)) {
			# ENOBUFS: some were lost
			defined(recv($kernel, $message, MESSAGE_MAX, 0)) or die "uevents.pl: $!\n";
			heard($out, $message);
		} elsif ($ended) {
			return $status;
		} elsif (waitpid($pid, WNOHANG) == $pid) {
			($ended, $status) = (1, $?);
		}
	}
}

socket(my $kernel, PF_NETLINK, SOCK_DGRAM, NETLINK_KOBJECT_UEVENT) or die "uevents.pl: $!\n";
bind($kernel, pack('S S L L', PF_NETLINK, 0, 0, FROM_KERNEL)) or die "uevents.pl: $!\n";
open(my $out, '>', $file) or die "uevents.pl: $file: $!\n";
defined(my $pid = fork) or die "uevents.pl: $!\n";
if (!$pid) {
	exec(@command) or die "uevents.pl: $command[0]: $!\n";
}
my $status = listen_to($kernel, $out, $pid);
close($out) or die "uevents.pl: $file: $!\n";
exit($status & 0x7f ? 128 + ($status & 0x7f) : $status >> 8);
