"""The beginning of what real programs write, of which the rest holds nobody up."""

import subprocess

from actors.first_words import FirstWords

LIMIT = 100
PATIENCE_SECONDS = 30.0


def test_a_program_that_writes_more_is_not_held_up() -> None:
    script = "echo first; head -c 5000000 /dev/zero"
    child = subprocess.Popen(["sh", "-c", script], stdout=subprocess.PIPE)
    assert child.stdout is not None
    with child.stdout, FirstWords(child.stdout, LIMIT) as words:
        while child.poll() is None:
            words.read(PATIENCE_SECONDS)
    assert child.returncode == 0
    assert words.text.startswith("first")
    assert len(words.text) <= LIMIT


def test_one_that_says_nothing_ends_the_wait() -> None:
    child = subprocess.Popen(["true"], stdout=subprocess.PIPE)
    assert child.stdout is not None
    with child.stdout, FirstWords(child.stdout, LIMIT) as words:
        words.read(PATIENCE_SECONDS)
        words.read(0)
    assert (child.wait(), words.text) == (0, "")
