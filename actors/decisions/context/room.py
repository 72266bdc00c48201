"""PURE: the room that there is for a history: what the window leaves it."""

from msgspec import Struct

MOST_SUMMARY_TOKENS = 2048


class Room(Struct, frozen=True):
    """In tokens: the model's window, its part that the answer may take, and what system prompt and
    tools take of the rest.
    """

    window: int
    output: int
    taken: int

    @property
    def most(self) -> int:
        """For the history; negative if prompt, tools and answer are too much by themselves."""
        return self.window - self.output - self.taken

    def share(self, part: float) -> int:
        """For the history, if the whole request is to take this part of the window."""
        return min(int(self.window * part) - self.taken, self.most)

    @property
    def summary(self) -> int:
        """The most that a summary may take."""
        return min(MOST_SUMMARY_TOKENS, self.window // 8)
