"""What every section of the prompt is: something that builds its text, or None to be left out."""

from typing import ClassVar, Protocol


class Section(Protocol):
    """`volatile`: its text may differ from one request to the next while nobody edits settings.

    Everything before the first volatile section can be cached by the provider.
    """

    volatile: ClassVar[bool]

    def build(self) -> str | None:
        """Markdown without surrounding blank lines; None if there is nothing to say."""
        ...
