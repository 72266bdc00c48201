"""Fresh identifiers. The system's randomness begins them and is not asked for each: to ask lets
every other thread go first.
"""

import os
import random

from storage.records.ids import spelt

_random = random.Random()  # noqa: S311 - an id keeps no secret
os.register_at_fork(after_in_child=_random.seed)


def new_id() -> str:
    """A fresh identifier; always begins with a letter, so that it is never taken for an option."""
    while True:
        text = spelt(_random.randbytes(10))
        if text[0].isalpha():
            return text
