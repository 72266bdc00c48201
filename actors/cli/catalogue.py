"""The commands as a table: one row each. A command's module is imported only when it is run.

A row is `name: (arguments, summary, module)`; the module holds `COMMANDS[name]`.
"""

from __future__ import annotations

from importlib import import_module

from actors.cli.arguments import COMMON, Option, closest
from actors.cli.failures import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from actors.cli.command import Command

Row = tuple[str, str, str]

GROUPS: dict[str, dict[str, Row]] = {
    "The daemon": {
        "start": ("", "start it in the background; it comes back when it crashes", "daemon"),
        "stop": ("[--keep-terminals]", "stop the daemon and what it runs", "daemon"),
        "status": ("[--watch]", "what runs, since when, and what went wrong", "status"),
        "open": ("[--print]", "the page in your browser", "open"),
        "logs": ("[-f] [-n N]", "what the daemon wrote down", "logs"),
        "daemon": ("", "run the daemon in the foreground (for systemd)", "daemon"),
        "verify": ("", "read every journal and prove it whole", "verify"),
        "salvage": (
            "SESSION [--install]",
            "take what is whole out of a damaged journal",
            "salvage",
        ),
        "doctor": ("[--fix]", "look for what is wrong, and say what to do", "doctor"),
        "demo": ("", "see the main parts at work, in a fresh directory", "demo"),
        "completion": ("bash|zsh|fish", "what teaches your shell to complete", "completion"),
        "mcp": ("[--config]", "tools by which agents lead others, for an MCP client", "mcp"),
        "help": ("[COMMAND]", "this list, or one command in full", "help"),
    },
    "Sessions": {
        "new": ("[DIR] [OPTION…] [-- COMMAND…]", "a session with its first worker", "new"),
        "ls": ("[--all]", "list sessions", "look"),
        "show": ("SESSION[@N]", "a session: its workers, settings, figures", "look"),
        "diff": (
            "SESSION [--stat|--patch]",
            "what changed in a session's directory since its base",
            "diff",
        ),
        "history": ("SESSION[@N]", "what was said in a session, with tool calls", "look"),
        "events": ("[SESSION] [-f] [OPTION]", "what happened, and what happens", "events"),
        "fork": ("SESSION[@N] [OPTION]", "a new session that begins as this one did", "fork"),
        "context": ("SESSION [--refresh]", "what its model would be sent now", "context"),
        "send": ("SESSION[/WORKER] TEXT", "ask its model something, or its agent", "send"),
        "cancel": ("RESPONSE_ID", "end a request that was sent with --no-wait", "cancel"),
        "asks": ("[SESSION|ID]", "what a person is asked to allow", "permissions"),
        "answer": ("ID allow|deny [--remember]", "allow it, or not", "permissions"),
        "budget": ("SESSION [LIMIT…]", "what it may spend, and what it has spent", "budget"),
        "limits": ("SESSION [LIMIT…]", "what its processes may use, and what they use", "limits"),
        "timer add": ("SESSION OPTION TEXT", "give it a message later, once", "timer"),
        "timer ls": ("SESSION", "its timers that have not fired", "timer"),
        "timer rm": ("SESSION TIMER", "take a timer back", "timer"),
        "delete": ("SESSION [OPTION]", "end its workers and put it into the trash", "delete"),
        "trash": ("", "deleted sessions, until they are purged", "trash"),
        "restore": ("SESSION", "bring a session back from the trash, stopped", "trash"),
        "purge": ("[SESSION] [OPTION]", "remove deleted sessions for good", "trash"),
        "export": ("SESSION [-o FILE]", "write a session to a file", "transfer"),
        "import": ("FILE [--workspace NAME]", "take in a session that was exported", "transfer"),
        "archive": ("SESSION", "stop a session and hide it", "life"),
        "unarchive": ("SESSION", "take a session out of the archive", "life"),
        "pause": ("SESSION", "hold a session: no new model call, terminals frozen", "life"),
        "resume": ("SESSION", "let a paused session go on", "life"),
    },
    "Sessions and their workers": {
        "run": ("SESSION[/WORKER]", "let it run, now and after restarts", "life"),
        "halt": ("SESSION[/WORKER]", "stop it, and keep it stopped", "life"),
        "restart": (
            "[SESSION[/WORKER]] [--terminals]",
            "restart it; without one: the daemon",
            "life",
        ),
        "worker add": ("SESSION OPTION…", "add a worker", "workers"),
        "worker ls": ("SESSION", "list its workers", "workers"),
        "worker restart": ("SESSION/WORKER", "restart a worker", "workers"),
        "worker rm": ("SESSION/WORKER", "end and remove a worker", "workers"),
        "agents": ("", "which agent programs there are, and which of them are here", "agents"),
        "attach": ("SESSION[/WORKER]", "its terminal on yours; Ctrl-\\ detaches", "attach"),
        "detach": ("SESSION[/WORKER]", "end the attachments of others to its terminal", "attach"),
        "peek": ("SESSION[/WORKER]", "what its terminal shows now, as plain lines", "peek"),
        "type": ("SESSION[/WORKER] TEXT", "type a line into a terminal", "workers"),
        "output": ("SESSION[/WORKER]", "what a terminal has shown", "workers"),
    },
}
ROWS = {name: row for rows in GROUPS.values() for name, row in rows.items()}
_HELP = frozenset({"--help", "-h"})


def split_command(argv: list[str]) -> tuple[str | None, list[str]]:
    """The command's name and all other words; None when there is no command among them.

    Usage error, with the nearest name, for a command that is not in the table.
    """
    place = 0
    while place < len(argv) and argv[place].startswith("-"):
        place += 2 if argv[place] == "--data" else 1
    if place >= len(argv):
        return None, argv
    name, others = argv[place], argv[:place] + argv[place + 1 :]
    kinds = [row.partition(" ")[2] for row in _rows_of(name)]
    if place < len(others) and others[place] in kinds:
        name = f"{name} {others.pop(place)}"
    elif kinds and not _HELP.isdisjoint(others):
        return "help", [name]
    elif kinds:
        raise UsageError(f"{name} needs one of {', '.join(kinds)}; see: greenroom {name} --help")
    _require(name)
    return name, others


def _require(name: str) -> None:
    if name not in ROWS:
        raise UsageError(f"unknown command {name!r}{closest(name, ROWS)}; see: greenroom --help")


def _rows_of(word: str) -> dict[str, Row]:
    """The rows of commands of two words."""
    return {name: row for name, row in ROWS.items() if name.startswith(f"{word} ")}


def load(name: str) -> Command:
    """The command behind a row."""
    module = import_module(f"actors.cli.commands.{ROWS[name][2]}")
    command: Command = module.COMMANDS[name]
    return command


def overview() -> str:
    """The help of greenroom itself: every command in a line."""
    lines = [
        "greenroom keeps AI agents and terminals running, and never loses them.",
        "",
        "usage: greenroom COMMAND [ARGUMENT…] [--data DIR] [--json]",
    ]
    for heading, rows in GROUPS.items():
        lines += ["", f"{heading}:", *_table(rows)]
    lines += [
        "",
        "SESSION is an id, the beginning of one, or a title; WORKER an id or a name.",
        "Exit status: 0 done, 1 refused or failed, 2 wrong usage, 3 no daemon.",
        "More on each: greenroom COMMAND --help. First steps: greenroom start; greenroom new.",
    ]
    return "\n".join(lines)


def help_of(name: str) -> str:
    """The help of one command with its examples, or of the commands that begin with it.

    Usage error, with the nearest name, for a command that is not in the table.
    """
    rows = _rows_of(name)
    if rows and name not in ROWS:
        return "\n".join([*_table(rows), "", f"More on each: greenroom {name} COMMAND --help."])
    _require(name)
    from actors.cli.help_words import ARGUMENTS, NEXT, argument_words

    command = load(name)
    usage, summary, _ = ROWS[name]
    options = [*command.spec.options, *COMMON]
    width = max(len(_option(option)) for option in options)
    lines = [f"greenroom {name}: {summary}", "", f"usage: greenroom {name} {usage}".rstrip()]
    words = argument_words(usage)
    if words:
        lines += ["", "arguments:", *(f"  {each:{width}}  {ARGUMENTS[each]}" for each in words)]
    lines += ["", "options:"]
    lines += [f"  {_option(option):{width}}  {option.help}" for option in options]
    lines += ["", "examples:", *(f"  {example}" for example in command.examples)]
    lines += ["", f"next: {NEXT[name]}"]
    return "\n".join(lines)


def _table(rows: dict[str, Row]) -> list[str]:
    width = max(len(f"{name} {row[0]}") for name, row in ROWS.items())
    return [f"  {f'{name} {row[0]}':{width}}  {row[1]}" for name, row in rows.items()]


def _option(option: Option) -> str:
    names = f"{option.short}, {option.name}" if option.short else option.name
    value = f"[{option.metavar}]" if option.may_be_bare else option.metavar
    return f"{names} {value}" if value else names
