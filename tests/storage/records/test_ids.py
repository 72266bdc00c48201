"""Ids are fresh, of one form, and never those of another process."""

import subprocess
import sys

from storage.records.ids import is_id
from storage.records.new_ids import new_id

FORKING = """
import os
from storage.records.new_ids import new_id
child = os.fork()
os.write(1, f"{new_id()}\\n".encode())
if child:
    os.waitpid(child, 0)
"""


def test_ids_are_fresh_and_begin_with_a_letter() -> None:
    made = [new_id() for _ in range(2000)]
    assert len(set(made)) == len(made)
    assert all(is_id(one) and len(one) == 12 and one[0].isalpha() for one in made)


def test_a_forked_process_makes_other_ids() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FORKING], stdout=subprocess.PIPE, text=True, check=True
    )
    ours, theirs = done.stdout.split()
    assert ours != theirs
