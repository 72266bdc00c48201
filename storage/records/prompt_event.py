"""What happened to a prompt for an agent on its way there."""

from typing import Literal

from msgspec import Struct

from storage.records.delivery import DeliveryEnd


class PromptQueued(Struct, frozen=True, gc=False, tag="prompt-queued"):
    """A prompt for an agent was accepted; its turn comes after those before it. See `Prompt`."""

    response_id: str
    worker_id: str
    text: str
    request_id: str | None = None
    is_first: bool = False


class PromptTyping(Struct, frozen=True, gc=False, tag="prompt-typing"):
    """The intent to type it, as this input; `seen`: how often it stood on the screen before."""

    response_id: str
    number: int
    pasted: bool
    seen: int = 0


class PromptTyped(Struct, frozen=True, gc=False, tag="prompt-typed"):
    """The screen shows it. `below`: lines below it, or -1 with the cursor right behind it."""

    response_id: str
    evidence: str
    below: int = -1


class PromptSubmitting(Struct, frozen=True, gc=False, tag="prompt-submitting"):
    """The intent to press the key that submits it, as the input of this number."""

    response_id: str
    number: int


class PromptSubmitted(Struct, frozen=True, gc=False, tag="prompt-submitted"):
    """The key was pressed; whether the agent took it is not known yet."""

    response_id: str


class PromptPutBack(Struct, frozen=True, gc=False, tag="prompt-put-back"):
    """It certainly was not submitted, and waits again to be `queued`, or as `typed`."""

    response_id: str
    state: Literal["queued", "typed"]
    evidence: str


class PromptDelivered(Struct, frozen=True, gc=False, tag="prompt-delivered"):
    """The end of a delivery, with what was seen; `code` says why it failed."""

    response_id: str
    state: DeliveryEnd
    evidence: str
    code: str | None = None
