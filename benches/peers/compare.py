#!/usr/bin/env python3
"""Times gonogo and other checkers on the same checks, in turn, and prints a table in Markdown.

On a bare Debian it installs what it needs: from Debian (serverspec, monitoring-plugins) and from PyPI (pytest-testinfra, prek), the latter
into a folder of its own. What cannot be had is left out with a word. `gonogo` is built beforehand: `cargo build --release`.

    python3 benches/peers/compare.py [--rounds 15]
"""

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gonogo-peers"
FILES = 500
NAGIOS = Path("/usr/lib/nagios/plugins")


def install():
    """Puts the peers in place; what is there already stays."""
    wanted = {"serverspec-init": "ruby-serverspec", "rspec": "ruby-rspec-core"}
    packages = [package for program, package in wanted.items() if not shutil.which(program)]
    if not (NAGIOS / "check_disk").exists():
        packages.append("monitoring-plugins-basic")
    if not shutil.which("git"):
        packages.append("git")
    if packages:
        become = [] if os.geteuid() == 0 else ["sudo"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run([*become, "apt-get", "update"], **quiet)
        for package in packages:
            command = ["apt-get", "install", "-y", "--no-install-recommends", package]
            if subprocess.run([*become, *command], **quiet).returncode:
                print(f"left out: Debian has no {package} here", file=sys.stderr)
    if not (CACHE / "bin/python").exists():
        subprocess.run([sys.executable, "-m", "venv", CACHE], check=True)
    if not all((CACHE / "bin" / program).exists() for program in ("pytest", "prek")):
        pip = [CACHE / "bin/pip", "install", "--quiet", "pytest-testinfra", "pytest", "prek"]
        subprocess.run(pip, check=True)


def peers(folder):
    """By what is checked, then by who checks: the command and where it runs."""
    gonogo = os.environ.get("GONOGO", ROOT / "target/release/gonogo")
    pytest = [CACHE / "bin/pytest", "-q", "-p", "no:cacheprovider"]
    node, files = {}, {}
    node["gonogo"] = [gonogo, "check", "--project", folder / "node"]
    files["gonogo"] = [gonogo, "check", "--project", folder / "one-job"]
    files["gonogo, a job each"] = [gonogo, "check", "--project", folder / "a-job-each"]
    node["monitoring-plugins"] = ["sh", HERE / "node.sh"]
    node["prek (hooks of one command each)"] = [CACHE / "bin/prek", "run", "--all-files"]
    node["pytest-testinfra"] = [*pytest, HERE / "test_node.py"]
    files["pytest-testinfra"] = [*pytest, HERE / "test_files.py"]
    if shutil.which("rspec"):
        node["serverspec"] = ["rspec", HERE / "node_spec.rb"]
        files["serverspec"] = ["rspec", HERE / "files_spec.rb"]
    if not (NAGIOS / "check_disk").exists():
        del node["monitoring-plugins"]
    return {"20 node checks": node, f"{FILES} file assertions": files}


def projects(folder):
    """What is checked: files, profiles for gonogo, hooks for prek."""
    for name in ("files", "node", "one-job", "a-job-each"):
        (folder / name).mkdir()
    shutil.copy(HERE / "node.toml", folder / "node/profile.toml")
    assertions = []
    for number in range(FILES):
        file = folder / f"files/{number:03}.txt"
        file.write_text(f"value = {number}\n")
        file.chmod(0o644)
        assertions.append(f'{{ path = "{file}", kind = "file", mode = "0644" }}')
    item = '[[items]]\nid = "files.{0}"\ntitle = "{0}"\nhow = "auto"\ncheck = "system/paths"\nwith.assertions = [{1}]\n\n'
    name = 'name = "bench"\n\n'
    each = (item.format(f"{number:03}", one) for number, one in enumerate(assertions))
    (folder / "one-job/profile.toml").write_text(name + item.format("all", ",\n".join(assertions)))
    (folder / "a-job-each/profile.toml").write_text(name + "".join(each))
    for project in ("node", "one-job", "a-job-each"):
        (folder / project / "gonogo.toml").write_text('profile = "./profile.toml"\n')
    # prek checks what is in a repository: each line of node.sh is a hook.
    lines = [line for line in (HERE / "node.sh").read_text().splitlines() if line.startswith("holds ")]
    hook = "  - {{id: check-{0}, name: check-{0}, language: system, pass_filenames: false, always_run: true, entry: sh {1} {0}}}"
    hooks = [hook.format(number, HERE / "node.sh") for number in range(1, len(lines) + 1)]
    (folder / "node/.pre-commit-config.yaml").write_text("repos:\n- repo: local\n  hooks:\n" + "\n".join(hooks) + "\n")
    subprocess.run("git init -q && git add -A", shell=True, cwd=folder / "node", check=True)


def once(command, folder):
    """Milliseconds of one run, which must succeed: what fails early would look fast."""
    variables = dict(os.environ, FILES=str(folder / "files"), COUNT=str(FILES), PYTHONDONTWRITEBYTECODE="1")
    begin = time.perf_counter()
    ended = subprocess.run(command, cwd=folder / "node", env=variables, capture_output=True, check=False)
    took = (time.perf_counter() - begin) * 1000
    if ended.returncode:
        sys.exit(f"{command} failed:\n{ended.stdout.decode()}{ended.stderr.decode()}")
    return took


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=15, help="how often each runs; the first two warm up")
    rounds = arguments.parse_args().rounds
    install()
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if "model name" in line), "?")
    system = platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")
    print(f"{date.today()}, {os.cpu_count()} cores of {model}, {system}; medians of {rounds - 2} runs in turn.\n")
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        projects(folder)
        for what, commands in peers(folder).items():
            took = {who: [] for who in commands}
            for _ in range(rounds):
                for who, command in commands.items():
                    took[who].append(once(command, folder))
            median = {who: statistics.median(times[2:]) for who, times in took.items()}
            print(f"| {what} | median | of gonogo's |\n|---|--:|--:|")
            for who, time_taken in median.items():
                print(f"| {who} | {time_taken:,.0f} ms | {time_taken / median['gonogo']:,.1f} |")
            print()


if __name__ == "__main__":
    main()
