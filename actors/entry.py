"""The one script by which every process of ours starts, and the table of what they run.

Run as `[sys.executable, "-P", <this file>, ROLE, …]` it puts its own project root at the head of
`sys.path` before it imports anything of ours, so that neither the working directory nor an older
installed copy can get in the way. Imported, it does nothing.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module

ROLES: Mapping[str, str] = {
    "terminal-host": "actors.terminals.host:main",
    "daemon": "actors.daemon:main",
    "keeper": "actors.keeper:main",
    "mcp-launcher": "actors.mcp_launcher:main",
    "mcp-server": "actors.mcp_server.stdio:main",
}
"""Role -> `module:function`; the function takes the arguments and returns the exit status."""

ROLES_OF_A_DIRECTORY = frozenset(ROLES) - {"mcp-launcher", "mcp-server"}
"""Those that serve one data directory, named by their first argument: `--data DIR`."""

USAGE_STATUS = 2
FAILED_STATUS = 70
"""Started again by whoever keeps it."""


def entry_command(role: str, *arguments: str) -> list[str]:
    """The command that starts `role`; give it cwd "/" and `clean_environment`."""
    return [sys.executable, "-P", *_script(role), *arguments]


def isolated_command(role: str, *arguments: str) -> list[str]:
    """The same for a role of the standard library alone, whatever PYTHON… says it may have."""
    return [sys.executable, "-I", "-S", *_script(role), *arguments]


def _script(role: str) -> list[str]:
    if role not in ROLES:
        raise ValueError(f"no role {role!r}")
    return [os.path.realpath(__file__), role]


def role_and_directory(command_line: bytes) -> tuple[str, str] | None:
    """Which role on which data directory was started by this command line, as /proc has it. PURE.

    None for whatever was not started by `entry_command` in a role of a directory.
    """
    if b"entry.py" not in command_line:
        return None
    words = [os.fsdecode(word) for word in command_line.split(b"\0")[1:6]]
    if len(words) < 5 or (words[0], words[3]) != ("-P", "--data"):
        return None
    if words[1].rpartition("/")[2] != "entry.py" or words[2] not in ROLES_OF_A_DIRECTORY:
        return None
    return words[2], words[4]


def clean_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """`environ` without our own variables.

    A greenroom started inside a greenroom terminal must not be taken for its child.
    """
    return {name: value for name, value in environ.items() if not name.startswith("GREENROOM_")}


def without_keys(environ: Mapping[str, str]) -> dict[str, str]:
    """`environ` without what is named like a key, token, secret or password."""
    return {name: value for name, value in environ.items() if not names_a_secret(name)}


def names_a_secret(name: str) -> bool:
    name = name.upper()
    return name.endswith(("_KEY", "_TOKEN", "_SECRET")) or "PASSWORD" in name


def run(argv: Sequence[str]) -> int:
    """Run the role named by `argv[1]` with the arguments after it."""
    if len(argv) < 2 or argv[1] not in ROLES:
        sys.stderr.write(f"usage: {argv[0]} {'|'.join(ROLES)} [ARGUMENT…]\n")
        return USAGE_STATUS
    root = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))  # noqa: PTH120 - pathlib would be imported before the path is ours
    sys.path.insert(0, root)
    module, _, function = ROLES[argv[1]].partition(":")
    try:
        main = getattr(import_module(module), function)
    except Exception:  # noqa: BLE001 - no descriptor left, a disk that fails: it may pass
        import traceback

        traceback.print_exc()
        return FAILED_STATUS
    status: int = main(list(argv[2:]))
    return status


if __name__ == "__main__":
    sys.exit(run(sys.argv))
