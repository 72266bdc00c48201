"""What greenroom knows of an agent program: how it is started, how it goes on, what it shows.

Built-in definitions, those of `workspace.json` and what a worker was started with have this one
type. `{conversation}` and `{prompt}` in arguments stand for what is filled in.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

CONVERSATION = "{conversation}"
"""Stands for the agent's own id of its conversation."""
PROMPT = "{prompt}"

AgentId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$")]


HooksKind = Literal["claude-code", "codex"]


class AgentDefinition(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`args` come with every start; to them are added one of the next three, and the prompt.

    `session_id_args`: a first start where the agent lets us choose the id of its conversation;
    `resume_args`: a later one, when that id is known; `continue_args`: when it is not.
    `no_conversation`: what it writes, and ends, when it knows no conversation to go on with.
    `prompt_args`: how it takes its first prompt as an argument; empty if that has to be typed.
    `submit`: the keys that submit what is typed, `clear`: those that erase a line of it.
    `pasted`: text that it shows in place of a long paste.
    `asking`, `idle`: text that its screen shows then; `input_line`: text of the line where it takes
    prompts, above which it asks nothing. `env`: variables that it may have although
    they are named like secrets. `hooks`: the way in which it tells of itself. `install`: how one
    gets it.
    """

    id: AgentId
    name: str
    command: Annotated[str, Meta(min_length=1)]
    args: tuple[str, ...] = ()
    session_id_args: tuple[str, ...] = ()
    resume_args: tuple[str, ...] = ()
    continue_args: tuple[str, ...] = ()
    no_conversation: tuple[str, ...] = ()
    prompt_args: tuple[str, ...] = ()
    submit: Annotated[str, Meta(min_length=1, max_length=20)] = "\r"
    clear: Annotated[str, Meta(max_length=20)] = "\x15"
    pasted: tuple[str, ...] = ()
    asking: tuple[str, ...] = ()
    idle: tuple[str, ...] = ()
    input_line: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    hooks: HooksKind | None = None
    install: str = ""

    @property
    def initial_prompt(self) -> Literal["argument", "typed"]:
        """How its first prompt reaches it."""
        return "argument" if self.prompt_args else "typed"
