"""An MCP server that never answers, and does not go when asked either."""

import signal
import sys

signal.signal(signal.SIGTERM, signal.SIG_IGN)
for _ in sys.stdin:
    pass
signal.pause()
