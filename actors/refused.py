"""A refusal as an exception, for Python callers: where no answer can carry it, it is raised."""

from storage.records.request import Refusal


class Refused(Exception):
    """An expected no. `code` is stable and in kebab case; the text says what to do next."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal

    @property
    def code(self) -> str:
        return self.refusal.code
