"""Where in what a person types the key stands that detaches. Pure."""

import re

DEFAULT = "C-\\"
NONE = "none"

_NAME = re.compile(r"(?:C-|\^)([@A-Za-z\[\\\]^_])")


def parse_key(name: str) -> re.Pattern[bytes] | None:
    """What finds the key `C-x` or `^x`; None for `none`. Raises ValueError for any other name.

    A program may have asked the terminal for the kitty keyboard protocol or for modifyOtherKeys:
    then the same key comes as `CSI 120 ; 5 u` or `CSI 27 ; 5 ; 120 ~`.
    """
    if name == NONE:
        return None
    found = _NAME.fullmatch(name)
    if found is None:
        raise ValueError(f"{name!r} is no key; write C-\\, C-a, …, or none")
    letter = found[1].lower()
    code = ord(letter)
    control = re.escape(bytes([ord(letter.upper()) & 0x1F]))
    modified = rb"\x1b\[%d(?::\d*)*;5(?::1)?u|\x1b\[27;5;%d~" % (code, code)
    return re.compile(control + b"|" + modified)


def before_key(typed: bytes, key: re.Pattern[bytes] | None) -> tuple[bytes, bool]:
    """What was typed before the key, and whether it was pressed."""
    found = key.search(typed) if key else None
    return (typed[: found.start()], True) if found else (typed, False)
