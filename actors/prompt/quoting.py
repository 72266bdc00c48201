"""Puts text of unknown origin into a prompt without letting it break out of its place."""

import re

_BACKTICKS = re.compile(r"`{3,}")


def fenced(content: str, language: str = "") -> str:
    """`content` in a code fence that is longer than any fence within it."""
    longest = max((len(run) for run in _BACKTICKS.findall(content)), default=2)
    fence = "`" * (longest + 1)
    end = "" if content.endswith("\n") or not content else "\n"
    return f"{fence}{language}\n{content}{end}{fence}"


def one_line(text: str) -> str:
    """`text` on one line, with every unprintable character made a space."""
    return "".join(char if char.isprintable() else " " for char in text).strip()


def titled(title: str, body: str) -> str | None:
    """`body` under a heading; None if it is blank."""
    return f"# {title}\n\n{body.strip()}" if body.strip() else None
