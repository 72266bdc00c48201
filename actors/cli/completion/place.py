"""What may stand at the cursor, from the words before it and the commands' own declarations. PURE.

The same declarations as those by which the words are read, so that a command's completion is there
with the command.
"""

from __future__ import annotations

from actors.cli.arguments import COMMON, Option
from actors.cli.catalogue import ROWS, load

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from actors.cli.arguments import Spec

VERSION = Option("--version", "the version")
CHOICES = {
    "POLICY": ("never", "on-crash", "always"),
    "DECISION": ("allow", "deny"),
    "SHELL": ("bash", "zsh", "fish"),
    "P": ("anthropic", "scripted"),
}
KINDS = {"DIR": "directories", "FILE": "files", "ID": "asks", "WHICH": "sessions asks"}
OF_COMMANDS = {"restore": "trash", "purge": "trash", "unarchive": "archived", "archive": "shown",
               "start": "", "stop": ""}  # fmt: skip
"""Where SESSION is not any session: of `start` and `stop` it is only there to be refused."""
OPTION_KINDS = {"--agent": "agents", "--parent": "sessions", "--repository": "directories"}


class Place:
    """`kinds`: which names from outside are wanted, by a blank; `offered`: words with their help.

    `before` belongs to the same word and stands before them, as `--data=`. `data`: the directory
    that was named before, if one was.
    """

    __slots__ = ("before", "data", "kinds", "offered")

    def __init__(
        self, kinds: str = "", offered: Iterable[tuple[str, str]] = (), before: str = ""
    ) -> None:
        self.kinds = kinds
        self.offered = list(offered)
        self.before = before
        self.data: str | None = None


def place_of(words: list[str], current: str) -> Place:
    """`words` are those behind the program's name and before the cursor, as texts."""
    reading = _Reading(words)
    place = reading.place(current)
    place.data = reading.data
    return place


class _Reading:
    """The words before the cursor, read as `parse` will read them."""

    def __init__(self, words: list[str]) -> None:
        self.data: str | None = None
        self._name: str | None = None
        self._options = _by_name([*COMMON, VERSION])
        self._found: list[str] = []
        self._used: set[str] = set()
        self._open: Option | None = None
        self._is_rest = False
        for word in words:
            self._take(word)

    @property
    def _spec(self) -> Spec | None:
        return load(self._name).spec if self._name in ROWS else None

    def _take(self, word: str) -> None:
        if self._open and not (self._open.may_be_bare and word.startswith("-")):
            self.data = word if self._open.name == "--data" else self.data
            self._open = None
        elif self._is_rest:
            self._found.append(word)
        elif word == "--":
            self._is_rest = True
        elif word.startswith("-") and word != "-":
            name, equals, value = word.partition("=")
            option = self._options.get(name)
            self._used.add(option.name if option and not option.repeated else "")
            self._open = option if option and option.metavar and not equals else None
            self.data = value if name == "--data" and equals else self.data
        elif self._spec is None:
            self._name = f"{self._name} {word}" if self._name else word
            if self._spec:
                self._options = _by_name([*COMMON, *self._spec.options])
        else:
            self._found.append(word)

    def place(self, current: str) -> Place:
        name, equals, _ = current.partition("=")
        if self._open and not (self._open.may_be_bare and current.startswith("-")):
            return _value(self._open)
        if self._is_rest:
            is_command = self._spec is not None and self._spec.rest == "command"
            return Place("files") if is_command else self._positional()
        if name in self._options and equals:
            return _value(self._options[name], f"{name}=")
        if current.startswith("-"):
            options = {option.name: option for option in self._options.values()}
            return Place(offered=[
                (each.name, each.help) for each in options.values() if each.name not in self._used
            ])  # fmt: skip
        return self._positional()

    def _positional(self) -> Place:
        spec = self._spec
        if spec is None:
            return Place(offered=_next_words(self._name))
        if self._name == "help":
            said = " ".join(self._found)
            return Place(offered=_next_words(said or None))
        names = [name.rstrip("?") for name in spec.positionals]
        at = len(self._found)
        return Place() if at >= len(names) else _of(str(self._name), names[at])


def _of(command: str, name: str) -> Place:
    """What an argument of that name may be."""
    if name in CHOICES:
        return Place(offered=[(choice, "") for choice in CHOICES[name]])
    if not name.startswith("SESSION"):
        return Place(KINDS.get(name, ""))
    usage = ROWS[command][0]
    if "[/WORKER]" in usage:
        return Place("sessions workers-too")
    return Place("workers" if "/WORKER" in usage else OF_COMMANDS.get(command, "sessions"))


def _value(option: Option, before: str = "") -> Place:
    metavar = str(option.metavar)
    offered = [(choice, "") for choice in CHOICES.get(metavar, ())]
    return Place(OPTION_KINDS.get(option.name, KINDS.get(metavar, "")), offered, before)


def _next_words(begun: str | None) -> list[tuple[str, str]]:
    """The first words of commands, or the second ones of those that have two."""
    if begun is None:
        known = {name.partition(" ")[0]: row[1] for name, row in ROWS.items()}
        known |= {
            "worker": "its workers: add, ls, restart, rm",
            "timer": "messages that a session is given later: add, ls, rm",
        }
        return list(known.items())
    return [
        (name.partition(" ")[2], row[1])
        for name, row in ROWS.items()
        if name.startswith(f"{begun} ")
    ]


def _by_name(options: Iterable[Option]) -> dict[str, Option]:
    return {name: each for each in options for name in (each.name, each.short) if name}
