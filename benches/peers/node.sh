#!/bin/sh
# The checks of node.toml with monitoring-plugins, and plain shell where they have none. `node.sh 3` runs the third alone.

plugins=/usr/lib/nagios/plugins
only=$1
number=0

holds() {
    number=$((number + 1))
    if [ -n "$only" ] && [ "$only" != "$number" ]; then return; fi
    "$@" >/dev/null || { echo "check $number does not hold: $*"; exit 1; }
}

equal() { [ "$($1)" = "$2" ]; }
least() { [ "$($1)" = unlimited ] || [ "$($1)" -ge "$2" ]; }
available() { awk '/^MemTotal/ { exit $2 < 1048576 }' /proc/meminfo; }
files() { ulimit -n; }
processes() { sh -c 'ulimit -u' 2>/dev/null || echo unlimited; }

holds least nproc 1
holds available
holds $plugins/check_disk -c 1024 -p /
holds $plugins/check_disk -c 1024 -p /tmp
holds findmnt -n -O rw /
holds findmnt -n -t proc /proc
holds findmnt -n -t tmpfs /dev/shm
holds least files 256
holds least processes 256
holds equal 'stat -c %F%a%U /etc/passwd' 'regular file644root'
holds equal 'stat -c %F%a%U /etc/group' 'regular file644root'
holds equal 'stat -c %F%a /tmp' directory1777
holds grep -q localhost /etc/hosts
holds grep -q ^ID= /etc/os-release
holds test -x /bin/sh
holds equal 'stat -c %F%U /var/log' directoryroot
holds test ! -e /etc/nologin
holds equal '/bin/uname -s' Linux
holds equal '/usr/bin/getconf LONG_BIT' 64
holds equal '/usr/bin/getconf PAGE_SIZE' 4096
