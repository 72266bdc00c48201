"""An MCP server that ends at its start, with a word on stderr."""

import sys

sys.exit("no database to serve")
