"""Texts that say one thing to a terminal and another to whoever is asked about them."""

import unicodedata

CONCEALED = "rm -rf ~HIDDEN"
HOSTILE = {
    "OSC": f"ls \x1b]0;; {CONCEALED}\x07 .",
    "OSC-in-one-character": f"ls \x9d0;; {CONCEALED}\x9c .",
    "DCS": f"ls \x1bP; {CONCEALED}\x1b\\ .",
    "APC": f"ls \x1b_; {CONCEALED}\x1b\\ .",
    "CSI": f"ls \x1b[8m; {CONCEALED}\x1b[0m .",
    "cursor": f"{CONCEALED}\x1b[2K\x1b[1G\x1b[99Cls",
    "return": f"{CONCEALED}\rls -l .",
    "backspace": f"{CONCEALED}\b\b\b\bls",
    "bidi": f"ls \u202e{CONCEALED}\u2069\u200f .",
    "zero-width": f"ls \u200b{CONCEALED[:4]}\u200d\u200c{CONCEALED[4:]}\u2060\ufeff\u00ad .",
    "selectors": f"ls {CONCEALED}\ufe01\U000e0041\U000e0100 .",
    "BEL": f"ls\x07; {CONCEALED}\x01\x7f .",
}


def visible(text: str) -> str:
    """The characters of `text` that anybody can see."""
    return "".join(
        each
        for each in text
        if unicodedata.category(each)[0] not in "CZ" and not "\ufe00" <= each <= "\ufe0f"
        and each != "\U000e0100"
    )  # fmt: skip


def is_all_in(original: str, screen: str) -> bool:
    """Whether every visible character of it is there, in order, and nothing raw is."""
    letters = iter(screen)
    is_whole = all(letter in letters for letter in visible(original))
    return is_whole and not any(
        unicodedata.category(each)[0] == "C" and each != "\n" for each in screen
    )
