"""Runs cases/ natively: `PYTHONPATH=sdk/python python3 -m unittest`, or `pytest`."""

from pathlib import Path

from checks import plugin
from gonogo import testing

Cases = testing.cases(plugin, Path(__file__).parent / "cases")
