"""{{title}}: checks for gonogo."""

from gonogo import Plugin

from .scratch import scratch

# The table of the checks: a new one is a file and a line here.
plugin = Plugin(version="0.1.0", summary="{{title}}", checks=[scratch])
