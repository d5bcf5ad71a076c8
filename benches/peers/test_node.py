"""The checks of node.toml for pytest-testinfra."""

import pytest


def test_cpu(host):
    assert int(host.check_output("nproc")) >= 1


def test_memory(host):
    assert int(host.check_output("awk '/^MemTotal/ { print $2 }' /proc/meminfo")) >= 1 << 20


@pytest.mark.parametrize("path", ["/", "/tmp"])
def test_disk(host, path):
    assert int(host.check_output(f"df --output=avail -k {path} | tail -1")) >= 1 << 20


def test_root(host):
    assert "rw" in host.mount_point("/").options


@pytest.mark.parametrize(("path", "kind"), [("/proc", "proc"), ("/dev/shm", "tmpfs")])
def test_mount(host, path, kind):
    assert host.mount_point(path).filesystem == kind


@pytest.mark.parametrize("limit", ["n", "p"])
def test_limit(host, limit):
    found = host.check_output(f"bash -c 'ulimit -{limit if limit == 'n' else 'u'}'")
    assert found == "unlimited" or int(found) >= 256


@pytest.mark.parametrize("path", ["/etc/passwd", "/etc/group"])
def test_table(host, path):
    file = host.file(path)
    assert file.is_file and file.mode == 0o644 and file.user == "root"


def test_tmp(host):
    assert host.file("/tmp").is_directory and host.file("/tmp").mode == 0o1777


def test_hosts(host):
    assert host.file("/etc/hosts").contains("localhost")


def test_release(host):
    assert host.file("/etc/os-release").contains("^ID=")


def test_shell(host):
    assert host.file("/bin/sh").is_executable


def test_log(host):
    assert host.file("/var/log").is_directory and host.file("/var/log").user == "root"


def test_nologin(host):
    assert not host.file("/etc/nologin").exists


@pytest.mark.parametrize(
    ("command", "output"),
    [("/bin/uname -s", "Linux"), ("/usr/bin/getconf LONG_BIT", "64"), ("/usr/bin/getconf PAGE_SIZE", "4096")],
)
def test_command(host, command, output):
    assert host.check_output(command) == output
