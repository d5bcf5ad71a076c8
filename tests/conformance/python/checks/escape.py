import os
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

from gonogo import Report, check, log


def file() -> object:
    return Path("/etc/hostname").read_bytes()


def variable() -> object:
    listed = dict(os.environ)
    return listed or os.environ["PATH"]


def connect() -> object:
    with socket.create_connection(("127.0.0.1", 9), timeout=1) as connection:
        return connection.getpeername()


def process() -> object:
    return subprocess.run(["/bin/true"], check=True)


WAYS: dict[str, Callable[[], object]] = {
    "file": file,
    "variable": variable,
    "socket": connect,
    "process": process,
}


@check
def escape(report: Report) -> None:
    """The language's own library reaches nothing"""
    refused = 0
    for name, way in WAYS.items():
        try:
            way()
        except Exception as error:  # noqa: BLE001 - however it is refused
            log.debug(f"{name}: {error!r}")
            report.fact(name, "refused")
            refused += 1
        else:
            report.no_go(f"{name} could be had")
    report.summary(f"{refused} of {len(WAYS)} refused")
