"""PURE: which call fails, and how.

Calls are counted from 1, of one kind or of all, each time over the whole life of a file layer.
"""

from msgspec import Struct

SHORT = 0
"""In place of an error: a write writes half of it."""


class Injection(Struct, frozen=True):
    """Call number `at` fails with `error` (a number of `errno`); with `onwards` all after it too.

    `kinds`: names of functions of `os` that are counted; empty for all.
    """

    at: int = 0
    error: int = SHORT
    onwards: bool = False
    kinds: frozenset[str] = frozenset()

    def counts(self, kind: str) -> bool:
        return not self.kinds or kind in self.kinds

    def strikes(self, number: int) -> bool:
        return bool(self.at) and (number >= self.at if self.onwards else number == self.at)
