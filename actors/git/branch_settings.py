"""What a repository's configuration says of a branch: its upstream above all."""

import os
import re
from collections.abc import Iterable

from actors.git.command import Git, GitFailed
from actors.git.names import escaped, unescaped
from storage.records.removal import BranchSetting

_KEY = re.compile(r"[a-z][a-z0-9-]*")


def of(git: Git, branch: str | None) -> tuple[BranchSetting, ...]:
    """In the order in which they stand there. GitFailed."""
    told = git.run("config", "--local", "-z", "--get-regexp", r"^branch\.")
    if told.status not in {0, 1}:
        raise GitFailed(told.status, told.error or "its configuration cannot be read")
    found, begin = [], f"branch.{branch}."
    for line in os.fsdecode(told.out).split("\0"):
        name, _, value = line.partition("\n")
        key = name.removeprefix(begin)
        if name.startswith(begin) and _KEY.fullmatch(key):
            found.append(BranchSetting(key, escaped(value)))
    return tuple(found)


def give_back(git: Git, branch: str, settings: Iterable[BranchSetting]) -> None:
    """To a branch of which nothing is configured. GitFailed."""
    if of(git, branch):
        return
    for each in settings:
        if _KEY.fullmatch(each.key):
            git.ask(
                "config", "--local", "--add", f"branch.{branch}.{each.key}", unescaped(each.value)
            )
