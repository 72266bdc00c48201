"""Which data directory is meant.

The default is the rule of `storage.data_dir.default_data_dir`, told a second time because that
module takes longer to import than `status` may take to run; a test holds the two together.
"""

from __future__ import annotations

import os

from actors.cli.failures import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

# pathlib would cost a fifth of what `status` may take.
# ruff: noqa: PTH100, PTH111, PTH113, PTH118, PTH120


def data_directory(option: str | None, environ: Mapping[str, str]) -> str:
    """Its absolute path: the option, else the environment, else the default.

    An empty variable is as none; an empty option is wrong usage, for it was meant to name one.
    """
    if option == "":
        raise UsageError("--data is empty; name a directory, or leave it out for the default")
    named = option or environ.get("GREENROOM_HOME")
    return os.path.abspath(named) if named else _default(environ)


def _default(environ: Mapping[str, str]) -> str:
    here = os.path.realpath(__file__)
    project = os.path.dirname(os.path.dirname(os.path.dirname(here)))
    if os.path.isfile(f"{project}/run.py") and os.path.isfile(f"{project}/pyproject.toml"):
        return f"{project}/sessions_data"
    state = environ.get("XDG_STATE_HOME", "")
    if state.startswith("/"):
        return os.path.join(state, "greenroom")
    home = environ.get("HOME") or os.path.expanduser("~")
    return os.path.join(home, ".local", "state", "greenroom")
