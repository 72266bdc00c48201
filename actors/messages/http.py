"""Where the HTTP front is to be found, for whoever shows it."""

from typing import Literal


class HttpPlace:
    """Written by the front alone, `problem` before it begins too: why it cannot listen, and what
    mends that. `url` ends without a slash; None while it does not listen.
    """

    def __init__(self) -> None:
        self.url: str | None = None
        self.state: Literal["starting", "running", "stopped", "disabled"] = "stopped"
        self.problem: str | None = None
