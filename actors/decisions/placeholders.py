"""PURE: `{{NAME}}` in the templates of a new worktree, with whole-number arithmetic on its number.

`{{WORKTREE_NUM * 10 + 3000}}` is worked out by the rules of arithmetic, brackets included; `/`
rounds down. What is no placeholder of ours stays as it stands, since other programs use braces too.
"""

import re
from collections.abc import Mapping

NUMBER = "WORKTREE_NUM"
_PLACEHOLDER = re.compile(r"\{\{([^{}\n]{1,200})\}\}")
_TOKEN = re.compile(r"\s*(?:(\d{1,15})|([A-Z_]+)|([-+*/()]))")
_LIMIT = 10**15
_DEPTH = 20


class _NoSumError(Exception):
    """It is no arithmetic of ours; the text says why, empty when it may be somebody else's."""


def filled(text: str, values: Mapping[str, str], number: int) -> tuple[str, tuple[str, ...]]:
    """The text with every placeholder filled, and a sentence for each that could not be."""
    notes: list[str] = []

    def value(found: re.Match[str]) -> str:
        inner = found[1].strip()
        if inner in values:
            return values[inner]
        try:
            return str(_Sum(inner, number).value())
        except _NoSumError as problem:
            if str(problem):
                notes.append(f"{found[0]} stays as it is: {problem}")
            return found[0]

    return _PLACEHOLDER.sub(value, text), tuple(notes)


class _Sum:
    """sum = product {(+|-) product}; product = part {(*|/) part}; part = [-] number or (sum)."""

    def __init__(self, text: str, number: int) -> None:
        self._tokens = _tokens(text, number)
        self._at = 0
        self._depth = 0

    def value(self) -> int:
        found = self._sum()
        if self._at < len(self._tokens):
            raise _NoSumError(f"{self._tokens[self._at]} is not expected there")
        return found

    def _sum(self) -> int:
        found = self._product()
        while (sign := self._taken("+", "-")) is not None:
            right = self._product()
            found = _bounded(found + right if sign == "+" else found - right)
        return found

    def _product(self) -> int:
        found = self._part()
        while (sign := self._taken("*", "/")) is not None:
            right = self._part()
            if sign == "/" and right == 0:
                raise _NoSumError("nothing can be divided by 0")
            found = _bounded(found * right if sign == "*" else found // right)
        return found

    def _part(self) -> int:
        self._depth += 1
        if self._depth > _DEPTH:
            raise _NoSumError("it is nested too deep")
        found = self._signed()
        self._depth -= 1
        return found

    def _signed(self) -> int:
        if self._taken("-"):
            return -self._part()
        if self._taken("("):
            found = self._sum()
            if not self._taken(")"):
                raise _NoSumError("a ) is missing")
            return found
        if self._at == len(self._tokens):
            raise _NoSumError("a number is missing at its end")
        token = self._tokens[self._at]
        if isinstance(token, str):
            raise _NoSumError(f"a number is missing before {token}")
        self._at += 1
        return token

    def _taken(self, *signs: str) -> str | None:
        if self._at < len(self._tokens) and self._tokens[self._at] in signs:
            self._at += 1
            return str(self._tokens[self._at - 1])
        return None


def _tokens(text: str, number: int) -> list[int | str]:
    """Only what names the number is ours at all."""
    found: list[int | str] = []
    at = 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None or token[2] not in {None, NUMBER}:
            raise _NoSumError("" if NUMBER not in text else f"{text[at:].strip()} is no arithmetic")
        digits, name, sign = token.groups()
        found.append(int(digits) if digits else number if name else sign)
        at = token.end()
    if NUMBER not in text:
        raise _NoSumError
    return found


def _bounded(value: int) -> int:
    if abs(value) > _LIMIT:
        raise _NoSumError("it comes to too large a number")
    return value
