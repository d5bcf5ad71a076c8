"""What is left of Python's library in a component, tried natively in a process of its own."""

import subprocess
import sys
import unittest
from pathlib import Path

SDK = Path(__file__).parents[1]

SCRIPT = """
import io, os, random, socket, subprocess, sys, tempfile, time, traceback, uuid
from datetime import UTC, datetime
from pathlib import Path
from gonogo._sealed import Seal, redirect

out = sys.stdout
Seal().put()

refused = {
    "open": lambda: open("/etc/hostname"),
    "io.open": lambda: io.open("/etc/hostname"),
    "io.FileIO": lambda: io.FileIO("/etc/hostname"),
    "Path.read_text": lambda: Path("/etc/hostname").read_text(),
    "os.open": lambda: os.open("/etc/hostname", os.O_RDONLY),
    "os.listdir": lambda: os.listdir("/"),
    "os.stat": lambda: os.stat("/"),
    "os.system": lambda: os.system("true"),
    "os.fork": lambda: os.fork(),
    "os.kill": lambda: os.kill(1, 0),
    "os.urandom": lambda: os.urandom(1),
    "tempfile": lambda: tempfile.mkdtemp(),
    "socket": lambda: socket.socket(),
    "connection": lambda: socket.create_connection(("127.0.0.1", 9)),
    "names": lambda: socket.getaddrinfo("localhost", 80),
    "time": lambda: time.time(),
    "monotonic": lambda: time.monotonic(),
    "sleep": lambda: time.sleep(0),
    "gmtime": lambda: time.gmtime(),
    "strftime": lambda: time.strftime("%Y"),
    "random": lambda: random.Random(),
    "seed": lambda: random.seed(),
    "system random": lambda: random.SystemRandom(),
    "uuid": lambda: uuid.uuid4(),
}
for name, attempt in refused.items():
    try:
        attempt()
    except PermissionError as error:
        assert ": " in str(error), error
    else:
        print("could be had:", name, file=out)

try:
    import sqlite3
except ModuleNotFoundError as error:
    assert "import it at the top of a module" in str(error), error
else:
    print("could be had: a module", file=out)

# What asks nobody still works.
assert not os.path.exists("/etc"), "there is nothing"
assert time.gmtime(0).tm_year == 1970 and time.strftime("%Y", (2026,) + (1,) * 8) == "2026"
assert datetime.fromtimestamp(0, UTC).year == 1970
assert datetime.strptime("2026-01-31", "%Y-%m-%d").day == 31
assert random.Random(3).random() == random.Random(3).random()
assert "é".encode("cp1252") == b"\\xe9" and b"a\\0".decode("utf-16-le") == "a"
try:
    1 / 0
except ZeroDivisionError:
    assert "ZeroDivisionError" in traceback.format_exc()

from gonogo import log

logged = []
log.log = lambda level, message: logged.append((level.value, message))
redirect()
print("one\\ntwo", end="")
print("three", file=sys.stderr)
sys.stdout.flush()
assert logged == [("info", "one"), ("warn", "three"), ("info", "two")], logged
print("sealed", file=out)
"""


class Sealed(unittest.TestCase):
    def test_the_library_reaches_nothing_and_says_so(self) -> None:
        ran = subprocess.run(
            [sys.executable, "-B", "-c", SCRIPT],
            cwd=SDK,
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual((ran.stdout, ran.returncode), ("sealed\n", 0), ran.stderr)
