"""Output of before, made fit to be shown once more to a terminal. Pure.

What asked the terminal something is left out, or it would answer now, as if the person had typed
that; so are bells and what was put into the clipboard.
"""

import re

REPLAYED_BYTES = 64 * 1024

_OSC_END = rb"(?:\x07|\x1b\\|\x9c)"
_ASKS = re.compile(
    rb"\x1b\[[?>=]?[\d;]*[cn]"  # device attributes, status, where the cursor is
    rb"|\x1b\[\??[\d;]*\$p"  # is a mode set?
    rb"|\x1b\[>[\d;]*q"  # name and version
    rb"|\x1b\[\?u"  # keyboard protocol
    rb"|\x1b\[[\d;]*x"  # terminal parameters
    rb"|\x1b\[(?:1[13-9]|2[01])(?:;[\d;]*)?t"  # sizes, titles
    rb"|\x1b\]52;[^\x07\x1b\x9c]*" + _OSC_END +  # the clipboard
    rb"|\x1b\](?:4|5|1\d|21);[^\x07\x1b\x9c]*\?" + _OSC_END +  # colours
    rb"|\x1bP[$+]q[^\x1b\x9c]*(?:\x1b\\|\x9c)"  # settings, capabilities
    rb"|(?P<kept>\x1b[\]P_^X][^\x07\x1b\x9c]*" + _OSC_END + rb")"
    rb"|\x1bZ|[\x05\x07]"
)  # fmt: skip


def shown_again(output: bytes) -> bytes:
    """The end of `output`, from the beginning of a line, without what asks."""
    if len(output) > REPLAYED_BYTES:
        cut = output[-REPLAYED_BYTES:]
        line = cut.find(b"\n")
        output = cut[line + 1 :] if line >= 0 else cut
    return _ASKS.sub(lambda found: found["kept"] or b"", output)
