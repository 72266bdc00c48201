"""What happened to a request that was handed in as a file."""

from msgspec import Raw, Struct


class RequestAccepted(Struct, frozen=True, gc=False, kw_only=True, tag="request-accepted"):
    """A request was taken, with all that doing it twice must have in common.

    `sha256`: of its content, None where the id is not its own. `session_id`: the id that the
    session has which it creates.
    """

    request_id: str
    sha256: str | None = None
    session_id: str | None = None


class RequestAnswered(Struct, frozen=True, gc=False, kw_only=True, tag="request-answered"):
    """`answer` is the JSON of the answer, or null: a large one lies beside as `attachment`.

    `session_id` and `n`: where the work was recorded, as far as it was.
    """

    request_id: str
    answer: Raw = Raw(b"null")
    attachment: str | None = None
    session_id: str | None = None
    n: int | None = None


class AnswerPublished(Struct, frozen=True, gc=False, tag="answer-published"):
    """The answer stood in the outbox, durably."""

    request_id: str
