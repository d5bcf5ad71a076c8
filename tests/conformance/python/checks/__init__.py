"""Checks that every SDK writes the same way."""

from gonogo import Plugin

from .endless import endless
from .escape import escape
from .failure import failure
from .large import large
from .lines import lines
from .memory import memory
from .table import table
from .unicode import unicode
from .variable import variable
from .version import version
from .walk import walk

plugin = Plugin(
    version="1.0.0",
    summary="Checks that every SDK writes the same way",
    checks=[
        memory,
        lines,
        large,
        unicode,
        version,
        variable,
        walk,
        table,
        failure,
        endless,
        escape,
    ],
)
