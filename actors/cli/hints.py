"""Commands that a text advises, with the data directory that they have to name. PURE."""

from __future__ import annotations

import re
import shlex

from actors.cli.catalogue import ROWS

_FIRST_WORDS = "|".join(sorted({name.partition(" ")[0] for name in ROWS}))
_COMMAND = re.compile(
    rf"(?<![\w/.-])greenroom (?=(?:{_FIRST_WORDS})\b)(?![a-z]+(?: [a-z]+)? --help)"
)


def with_place(text: str, data: str) -> str:
    """`greenroom start` becomes `greenroom --data DIR start`; the help is the same everywhere."""
    return _COMMAND.sub(lambda _: f"greenroom --data {shlex.quote(data)} ", text)
