"""What came on standard input, for a word `-`: text as it is, whatever the locale says."""

from __future__ import annotations

import sys

from actors.cli.failures import UsageError


def text_of_input() -> str:
    r"""All of it, its line ends as `\n`. UsageError if it is no UTF-8."""
    raw = sys.stdin.buffer.read()
    try:
        return raw.decode().replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        raise UsageError(
            "what came on standard input is no text in UTF-8 (byte"
            f" {error.start + 1} is 0x{raw[error.start]:02x}): nothing was sent; of a file that is"
            " no text, send its name"
        ) from None
