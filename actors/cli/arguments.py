"""Reads a command's words by a small declaration.

Stands in for argparse, which takes longer to import than `status` may take to run. Options may
come before or after the command; `--` ends them.
"""

from __future__ import annotations

from actors.cli.failures import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any


class Option:
    """`--name`; a flag when `metavar` is None. A `repeated` one gathers a list.

    One that `may_be_bare` is True without a value, False where it is not.
    """

    __slots__ = ("help", "may_be_bare", "metavar", "name", "repeated", "short")

    def __init__(
        self,
        name: str,
        help: str,  # noqa: A002 - the word that everyone expects here
        *,
        metavar: str | None = None,
        short: str | None = None,
        repeated: bool = False,
        may_be_bare: bool = False,
    ) -> None:
        self.name = name
        self.help = help
        self.metavar = metavar
        self.short = short
        self.repeated = repeated
        self.may_be_bare = may_be_bare

    @property
    def key(self) -> str:
        return self.name.lstrip("-").replace("-", "_")


class Spec:
    """The words of one command.

    `positionals` are names in order: `NAME` must be there, `NAME?` may be, `NAME…` takes all that
    are left, at least one. `rest` is the key for what follows `--`, else that is positional too;
    with `open_ended` whatever is not declared goes there as well.
    """

    __slots__ = ("open_ended", "options", "positionals", "rest")

    def __init__(
        self,
        positionals: Iterable[str] = (),
        options: Iterable[Option] = (),
        rest: str | None = None,
        *,
        open_ended: bool = False,
    ) -> None:
        self.open_ended = open_ended
        self.positionals = tuple(positionals)
        self.options = tuple(options)
        self.rest = rest


COMMON = (
    Option("--data", "the data directory (else $GREENROOM_HOME, else the default)", metavar="DIR"),
    Option("--json", "print the answer as JSON"),
    Option("--help", "show this help", short="-h"),
)


def parse(words: list[str], spec: Spec) -> dict[str, Any]:
    """Values by key: False or True for flags, None, a string or a list of them for the others."""
    options = {**_by_name(COMMON), **_by_name(spec.options)}
    values: dict[str, Any] = {option.key: _unset(option) for option in options.values()}
    found: list[str] = []
    rest: list[str] | None = None
    queue = list(reversed(words))
    while queue:
        word = queue.pop()
        if word == "--":
            rest = list(reversed(queue))
            break
        if looks_like_option(word) and (not spec.open_ended or word in options):
            _take_option(word, queue, options, values)
        else:
            found.append(word)
    if values["help"]:
        return values
    if spec.rest:
        values[spec.rest] = [*found, *(rest or [])] if spec.open_ended else rest
    else:
        found += rest or []
    return values if spec.open_ended else {**values, **_positionals(found, spec)}


def looks_like_option(word: str) -> bool:
    """True for `-x` and `--name=value`, not for `-` or for a sentence that begins with a dash."""
    name = word.partition("=")[0]
    return len(name) > 1 and name[0] == "-" and name.split() == [name]


def number(value: str | None, name: str, default: int, *, least: int | None = None) -> int:
    """An option's value as a whole number. Usage error when it is none, or below `least`."""
    if value is None:
        return default
    try:
        found = int(value)
    except ValueError:
        raise UsageError(f"{name} takes a whole number, not {value!r}") from None
    if least is not None and found < least:
        raise UsageError(f"{name} takes a whole number from {least} on, not {found}")
    return found


def closest(word: str, known: Iterable[str]) -> str:
    """` (did you mean X?)` for the nearest known word, or nothing."""
    from difflib import get_close_matches

    near = get_close_matches(word, list(known), n=1)
    return f" (did you mean {near[0]}?)" if near else ""


def _by_name(options: Iterable[Option]) -> dict[str, Option]:
    return {name: option for option in options for name in (option.name, option.short) if name}


def _unset(option: Option) -> Any:
    if option.repeated:
        return []
    return None if option.metavar and not option.may_be_bare else False


def _take_option(
    word: str, queue: list[str], options: dict[str, Option], values: dict[str, Any]
) -> None:
    name, equals, value = word.partition("=")
    if not name.startswith("--") and len(name) > 2:
        name, equals, value = word[:2], "=", word[2:]
    option = options.get(name)
    if option is None:
        raise UsageError(f"unknown option {name}{closest(name, options)}")
    if option.metavar is None:
        if equals:
            raise UsageError(f"{name} takes no value")
        values[option.key] = True
        return
    if not equals and option.may_be_bare and (not queue or looks_like_option(queue[-1])):
        values[option.key] = True
        return
    if not equals:
        if not queue or queue[-1] == "--" or queue[-1] in options:
            raise UsageError(f"{name} needs a value: {name} {option.metavar}")
        value = queue.pop()
    if option.repeated:
        values[option.key].append(value)
    else:
        values[option.key] = value


def _positionals(found: list[str], spec: Spec) -> dict[str, Any]:
    values: dict[str, Any] = {}
    left = list(reversed(found))
    for name in spec.positionals:
        key = name.rstrip("?…").lower()
        if name.endswith("?"):
            values[key] = left.pop() if left else None
        elif not left:
            raise UsageError(f"{name.rstrip('…')} is missing")
        elif name.endswith("…"):
            values[key] = list(reversed(left))
            left = []
        else:
            values[key] = left.pop()
    if left:
        raise UsageError(f"one argument too many: {left[-1]!r}")
    return values
