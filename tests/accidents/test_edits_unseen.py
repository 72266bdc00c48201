"""A save that comes between our look and our write is not overwritten: it is in place, or kept."""

import threading
from pathlib import Path

import pytest

from storage import sessions_file
from storage.edit_claims import DIRECTORY, claims
from tests.fakes.editors import Save, by_rename, in_place, over_itself
from tests.storage.histories import START
from tests.storage.test_sessions_file import entry

ROUNDS = 60


@pytest.mark.parametrize("save", [by_rename, in_place, over_itself])
def test_a_save_at_any_moment_of_our_writing_is_there_afterwards(
    tmp_path: Path, save: Save
) -> None:
    path = tmp_path / "sessions.json"
    entries = [entry(number) for number in range(20)]
    last = sessions_file.write(path, 1, entries, previous=None, at=START)
    for number in range(2, ROUNDS):
        text = f"saved {number}"
        editor = threading.Thread(target=save, args=(path, text))
        editor.start()
        while editor.is_alive():
            last = sessions_file.write(
                path, number, entries, previous=last.numbers, at=START, seal=last.seal
            )
        editor.join()
        found = [
            path.read_text(),
            *(claim.path.read_text() for claim in claims(tmp_path / DIRECTORY)),
        ]
        assert text in found
