"""Names as git has them, any bytes, told and kept as text that every encoder takes. PURE.

What is for people is `shown`; what is read again is `escaped`, which loses nothing.
"""

import os
import re

_ODD = re.compile("[\udc80-\udcff]")
_ESCAPE = re.compile(r"\\x([89a-f][0-9a-f])|\\\\")


def shown(name: str) -> str:
    """Bytes of a name that are no UTF-8 are replaced."""
    return os.fsencode(name).decode(errors="replace")


def escaped(name: str) -> str:
    r"""Such bytes as `\xff`, and a backslash twice; other names stay as they are."""
    return _ODD.sub(lambda met: f"\\x{ord(met[0]) - 0xDC00:02x}", name.replace("\\", "\\\\"))


def unescaped(text: str) -> str:
    """The name that `escaped` was given."""
    return _ESCAPE.sub(lambda met: chr(0xDC00 + int(met[1], 16)) if met[1] else "\\", text)
