"""Which worker is wanted: the options that `new` and `worker add` share."""

from typing import Any

from actors.cli.arguments import Option
from actors.cli.failures import UsageError

WORKER_OPTIONS = (
    Option("--conversation", "with a model"),
    Option("--agent", "with an agent program; greenroom agents lists them", metavar="NAME"),
    Option("--terminal", "with a shell, or with the COMMAND after --"),
)


def chosen_worker(values: dict[str, Any]) -> dict[str, Any] | None:
    """The worker's part of a request; None when nothing was said. A command implies a terminal."""
    command = values.get("command")
    kinds = [kind for kind in ("conversation", "agent", "terminal") if values[kind]]
    if len(kinds) > 1:
        raise UsageError(f"choose one of {', '.join(f'--{kind}' for kind in kinds)}")
    if command == []:
        raise UsageError("the command after -- is missing")
    if command and kinds in (["conversation"], ["agent"]):
        raise UsageError(f"a command belongs to --terminal, not to --{kinds[0]}")
    if command:
        return {"type": "terminal", "command": command}
    if not kinds:
        return None
    return {"type": kinds[0], **({"agent": values["agent"]} if values["agent"] else {})}
