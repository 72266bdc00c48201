"""Which modes a program has switched on in the terminal that shows it, from its output. Pure.

So that a person's own terminal can be brought into them, and back out of them at the end. After
the control sequences of xterm (https://invisible-island.net/xterm/ctlseqs/ctlseqs.html) and the
kitty keyboard protocol (https://sw.kovidgoyal.net/kitty/keyboard-protocol/).
"""

import re

_ALTERNATE_SCREENS = (1049, 1047, 47)
_ON_AT_FIRST = frozenset({7, 25})  # wrap at the margin, a visible cursor
_FOLLOWED = frozenset(
    {1, 5, 6, 7, 12, 25, 47, 66, 1000, 1002, 1003, 1004, 1005, 1006, 1007, 1015, 1016, 1047, 1049}
    | {2004, 2026, 2031}
)
_PIECE_BYTES = 64
_SEQUENCE = re.compile(
    rb"\x1b(?:"  # in front of all of them, so that the search leaps from one to the next
    rb"\[\?(?P<modes>[\d;]+)(?P<how>[hl])"
    rb"|(?P<pad>[=>])"
    rb"|\[>(?P<flags>\d*)u"
    rb"|\[<(?P<pops>\d*)u"
    rb"|\[>4(?:;(?P<keys>\d+))?m"
    rb"|(?P<reset>c|\[!p)"
    rb")"
)


class ScreenModes:
    """Fed with output in any pieces."""

    def __init__(self) -> None:
        self._piece = b""
        self._begin()

    def _begin(self) -> None:
        self._changed: dict[int, bool] = {}
        self._application_keypad = False
        self._keyboards: list[bytes] = []
        self._modified_keys = b"0"

    @property
    def is_alternate_screen(self) -> bool:
        return any(self._changed.get(mode) for mode in _ALTERNATE_SCREENS)

    def feed(self, output: bytes) -> None:
        if not self._piece and b"\x1b" not in output:
            return
        text = self._piece + output
        end = 0
        for found in _SEQUENCE.finditer(text):
            end = found.end()
            self._take(found)
        escape = text.rfind(b"\x1b", max(end, len(text) - _PIECE_BYTES))
        self._piece = text[escape:] if escape >= 0 else b""

    def _take(self, found: re.Match[bytes]) -> None:
        match found.lastgroup:
            case "how":
                self._switch(found["modes"], is_on=found["how"] == b"h")
            case "pad":
                self._application_keypad = found["pad"] == b"="
            case "flags":
                self._keyboards.append(found["flags"] or b"0")
            case "pops":
                del self._keyboards[-max(1, int(found["pops"] or 1)) :]
            case "reset":
                self._begin()
            case _:
                self._modified_keys = found["keys"] or b"0"

    def _switch(self, modes: bytes, *, is_on: bool) -> None:
        for mode in (int(text[:9]) for text in modes.split(b";") if text):
            if mode in _FOLLOWED:
                self._changed.pop(mode, None)
                if is_on != (mode in _ON_AT_FIRST):
                    self._changed[mode] = is_on

    def enter(self) -> bytes:
        """Brings a terminal as it is at first into these modes."""
        return b"".join(
            [
                *(_switched(mode, is_on=is_on) for mode, is_on in self._changed.items()),
                b"\x1b=" if self._application_keypad else b"",
                *(b"\x1b[>%su" % flags for flags in self._keyboards),
                b"\x1b[>4;%sm" % self._modified_keys if self._modified_keys != b"0" else b"",
            ]
        )

    def leave(self) -> bytes:
        """Brings a terminal in these modes back: colours, margins and the first screen too."""
        alternate = [mode for mode in _ALTERNATE_SCREENS if self._changed.get(mode)]
        others = [mode for mode in self._changed if mode not in alternate]
        return b"".join(
            [
                b"\x1b[<%du" % len(self._keyboards) if self._keyboards else b"",
                b"\x1b[>4m" if self._modified_keys != b"0" else b"",
                b"\x1b>" if self._application_keypad else b"",
                *(_switched(mode, is_on=not self._changed[mode]) for mode in others),
                *(_switched(mode, is_on=False) for mode in alternate),
                b"\x1b7\x1b[r\x1b8\x1b(B\x0f\x1b[0m",
            ]
        )


def _switched(mode: int, *, is_on: bool) -> bytes:
    return b"\x1b[?%d%s" % (mode, b"h" if is_on else b"l")
