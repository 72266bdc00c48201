"""The conversation of the example goes as it says, with nothing but what a user has."""

import os
import subprocess
import sys
from pathlib import Path

from tests.architecture.source_tree import ROOT

EXPECTED = """\
I will count.
9 words in 1 file.
completed after 2 turns
Thank you. You are welcome.
asked: How many words are there?, tools called: ['files.count_words']
asked: Thank you., tools called: []
"""


def test_it_prints_what_was_said_and_leaves_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "conversation.py")],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == EXPECTED
    assert list(tmp_path.iterdir()) == []
