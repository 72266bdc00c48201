"""A line of a shell as it is being typed: its words, and how a name is written into it. PURE.

Knows quotes and backslashes as bash, zsh and fish have them in common; expands and runs nothing.
What it writes stands for exactly the text that it was given, whatever is in that.
"""

from __future__ import annotations

_PLAIN = frozenset("@%+=:,./_-")
_KEPT_IN_DOUBLE = frozenset('\\"$`')


def words_of(line: str) -> list[str]:
    """The words of a line up to the cursor as they were typed; the last is the one at the cursor.

    That one is empty behind a blank.
    """
    words, begin, quote, place = [], None, "", 0
    while place < len(line):
        character = line[place]
        if not quote and character in " \t\n":
            if begin is not None:
                words.append(line[begin:place])
            begin = None
        else:
            begin = place if begin is None else begin
            quote, taken, _ = _step(line, place, quote)
            place += taken - 1
        place += 1
    words.append("" if begin is None else line[begin:])
    return words


def text_of(word: str) -> str:
    """What a word stands for so far, a quote that is still open included."""
    return _read(word)[0]


def inserted(word: str, replaced: str, text: str) -> str | None:
    """What takes the place of `replaced`, the end of `word`, so that the whole stands for `text`.

    None where what stands before it does not begin that text. A quote that is open stays open.
    """
    kept = word.removesuffix(replaced)
    begun, quote = _read(kept)
    return _quoted(text[len(begun) :], quote) if text.startswith(begun) else None


def _read(word: str) -> tuple[str, str]:
    """What it stands for, and the quote that is open at its end."""
    text, quote, place = "", "", 0
    while place < len(word):
        quote, taken, meant = _step(word, place, quote)
        text += meant
        place += taken
    return text, quote


def _step(line: str, place: int, quote: str) -> tuple[str, int, str]:
    """The quote after the character there, how many were read, and what they stand for."""
    character, after = line[place], line[place + 1 : place + 2]
    if character == quote:
        return "", 1, ""
    if not quote and character in "'\"":
        return character, 1, ""
    if character == "\\" and (not quote or (quote == '"' and after in _KEPT_IN_DOUBLE)):
        return quote, 1 + len(after), after
    return quote, 1, character


def _quoted(text: str, quote: str) -> str:
    if quote == "'":
        return text.replace("'", "'\\''")
    if quote == '"':
        # A backslash would stay there before a mark that calls up the history.
        escaped = "".join(f"\\{each}" if each in _KEPT_IN_DOUBLE else each for each in text)
        return escaped.replace("!", "\"'!'\"")
    return "".join(each if each.isalnum() or each in _PLAIN else f"\\{each}" for each in text)
