"""A small MCP server over stdio for the demonstration: it counts what lies in a directory.

Every answer ends with the number of the process that gave it.
"""

import os
import sys
from pathlib import Path

from mcp.server.mcpserver import MCPServer


def count(directory: Path) -> str:
    """How many files of text, and how many words in them."""
    files = sorted(path for path in directory.iterdir() if path.suffix == ".txt")
    words = sum(len(path.read_text(encoding="utf-8").split()) for path in files)
    return f"{len(files)} files, {words} words (counted by process {os.getpid()})"


def main(arguments: list[str]) -> int:
    """Serve until standard input ends; the one argument is the directory to count in."""
    server = MCPServer("files", log_level="ERROR")
    directory = Path(arguments[0])

    @server.tool()
    def count_words() -> str:
        """Count the text files of the directory, and the words in them."""
        return count(directory)

    server.run("stdio")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
