"""The arguments of each tool, with the words and examples by which a model learns them."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from storage.records.timer import LONGEST_BYTES

LONGEST_TEXT = 500_000
LONGEST_WAIT_SECONDS = 3600.0
State = Literal["answered", "idle", "asking", "exited"]

SessionName = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=200,
        description="A session: its id, the beginning of its id, or its title.",
        examples=["fix-login"],
    ),
]
WorkerName = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=200,
        description="One of its workers, by name; needed where it has several.",
        examples=["agent-1"],
    ),
]
ResponseId = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=300,
        description="What create_session or send_message gave for a message.",
    ),
]
Short = Annotated[str, Meta(min_length=1, max_length=4096)]
Amount = Annotated[int, Meta(ge=0)]


OwnOrOther = (
    Annotated[
        str,
        Meta(
            min_length=1,
            max_length=200,
            description="A session: its id, the beginning of its id, or its title; else your own.",
            examples=["fix-login"],
        ),
    ]
    | None
)


class Arguments(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of a tool; what is not listed is refused."""


class ListSessions(Arguments, frozen=True, kw_only=True):
    pass


class GetSessionStatus(Arguments, frozen=True, kw_only=True):
    session: SessionName


class Budget(Arguments, frozen=True, kw_only=True):
    """What it may spend at most. No more than is left of the budgets above it."""

    tokens: Amount | None = None
    usd: Annotated[float, Meta(ge=0, description="US dollars.", examples=[2])] | None = None
    tool_calls: Amount | None = None
    wall_seconds: Annotated[float, Meta(ge=0)] | None = None


class CreateSession(Arguments, frozen=True, kw_only=True):
    prompt: (
        Annotated[
            str,
            Meta(
                min_length=1,
                max_length=LONGEST_TEXT,
                description="What it is to do. It knows nothing of what you know: say all of it.",
                examples=["Fix the login form, run the tests, and say what you changed."],
            ),
        ]
        | None
    ) = None
    title: (
        Annotated[
            str,
            Meta(
                min_length=1,
                max_length=200,
                description="A name for it, by which you find it again.",
                examples=["fix-login"],
            ),
        ]
        | None
    ) = None
    agent: (
        Annotated[
            Short,
            Meta(
                description="Run this agent program in it; else it is a conversation with a model.",
                examples=["claude"],
            ),
        ]
        | None
    ) = None
    command: (
        Annotated[
            Annotated[tuple[Short, ...], Meta(min_length=1, max_length=200)] | Short,
            Meta(
                description=(
                    "Run this program in a terminal instead: a list of its words, or one text,"
                    " which is a line for sh."
                ),
                examples=[["make", "test"], "make test 2>&1 | tee log"],
            ),
        ]
        | None
    ) = None
    directory: (
        Annotated[
            Short,
            Meta(
                description="An absolute path to work in; your own where it is left out.",
                examples=["/home/me/code/app"],
            ),
        ]
        | None
    ) = None
    worktree: Annotated[
        bool,
        Meta(description="Give it a git worktree of that directory's repository, on a branch."),
    ] = False
    branch: (
        Annotated[Short, Meta(description="The worktree's branch.", examples=["fix/login"])] | None
    ) = None
    base: (
        Annotated[Short, Meta(description="Where a new branch begins.", examples=["main"])] | None
    ) = None
    model: Annotated[Short, Meta(description="Of a conversation.")] | None = None
    tools: (
        Annotated[
            tuple[Short, ...],
            Meta(max_length=200, description="The only tools it may use.", examples=[["git.*"]]),
        ]
        | None
    ) = None
    budget: Budget | None = None


class SendMessage(Arguments, frozen=True, kw_only=True):
    session: SessionName
    text: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=LONGEST_TEXT,
            description="What to say to it; into a plain terminal it is typed, with Enter.",
            examples=["Now run the linter, too."],
        ),
    ]
    worker: WorkerName | None = None


class WaitFor(Arguments, frozen=True, kw_only=True):
    session: SessionName
    until: Annotated[
        Annotated[tuple[State, ...], Meta(min_length=1, max_length=4)] | State,
        Meta(
            description=(
                "One of these, or a list of which the first ends the wait. answered: the message"
                " of response_id, or all messages, and an agent is at rest again; idle: nothing"
                " in it does anything; asking: it waits for a decision; exited: its program has"
                " ended."
            ),
            examples=[["answered", "asking"], "idle"],
        ),
    ] = ("answered", "asking", "exited")
    response_id: ResponseId | None = None
    worker: WorkerName | None = None
    timeout_seconds: Annotated[
        float,
        Meta(
            ge=0,
            le=LONGEST_WAIT_SECONDS,
            description="Then it says how things stand; wait again if you like.",
        ),
    ] = 300.0

    @property
    def states(self) -> tuple[State, ...]:
        return (self.until,) if isinstance(self.until, str) else self.until


class ReadOutput(Arguments, frozen=True, kw_only=True):
    session: SessionName
    worker: WorkerName | None = None
    response_id: ResponseId | None = None
    form: Annotated[
        Literal["screen", "text"],
        Meta(
            description=(
                "Of a terminal: screen is what it shows now; text is what it has shown, with"
                " control codes taken out. A conversation has what was said."
            )
        ),
    ] = "screen"
    lines: Annotated[
        int, Meta(ge=1, le=2000, description="So many of the last lines, or of what was said.")
    ] = 100


class AnswerPermission(Arguments, frozen=True, kw_only=True):
    permission: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=200,
            description="The id of what is asked, from get_session_status or wait_for.",
        ),
    ]
    decision: Literal["allow", "deny"]


class CloseSession(Arguments, frozen=True, kw_only=True):
    session: SessionName
    keep_worktree: Annotated[
        bool, Meta(description="Leave its worktree where it is, with what is not committed.")
    ] = False


class SetTimer(Arguments, frozen=True, kw_only=True):
    message: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=LONGEST_BYTES,
            description="What it is to be told then. It may remember little: say what is to do.",
            examples=["Look whether the tests of branch fix/login are through, and say so."],
        ),
    ]
    session: OwnOrOther = None
    in_seconds: (
        Annotated[float, Meta(ge=0, description="After so long.", examples=[600])] | None
    ) = None
    at: (
        Annotated[
            datetime,
            Meta(
                tz=True,
                description="Or at this time, with its zone.",
                examples=["2026-12-24T18:00:00Z"],
            ),
        ]
        | None
    ) = None


class ListTimers(Arguments, frozen=True, kw_only=True):
    session: OwnOrOther = None


class CancelTimer(Arguments, frozen=True, kw_only=True):
    timer_id: Annotated[
        str, Meta(min_length=1, max_length=200, description="From set_timer or list_timers.")
    ]
    session: OwnOrOther = None
