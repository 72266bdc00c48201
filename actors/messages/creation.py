"""What is said to the directory of worktrees that were made, or that are no concern any more."""

from msgspec import Struct

from actors.messages.session import Dispatch
from storage.making import Held
from storage.records.request import CreateSession, Refusal
from storage.records.worktree import MadeWorktree


class Made(Struct, frozen=True):
    """All of a worktree, under an intent that is held until its session is durable."""

    worktree: MadeWorktree
    held: Held


class WorktreeMade(Struct, frozen=True):
    """The worktree of a session that is asked for is there, or cannot be."""

    session_id: str
    workspace: str
    request: CreateSession
    asked: Dispatch
    outcome: Made | Refusal


class IntentSettled(Struct, frozen=True):
    """Nothing is being made or undone for this session any more."""

    session_id: str
