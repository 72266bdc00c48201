"""Keys made up for tests, as awkward to hide as real ones."""

import base64
import hashlib

AWKWARD = 'pa"ss\\wörd/4711é+'


def _line(number: int) -> str:
    return base64.b64encode(hashlib.sha384(b"%d" % number).digest()).decode()


PEM = "\n".join(
    ["-----BEGIN PRIVATE KEY-----", *map(_line, range(4)), "-----END PRIVATE KEY-----", ""]
)
