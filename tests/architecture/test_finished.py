import re

from tests.architecture.source_tree import all_files, shown

# Put together here, so that this file does not find itself.
MARKS = [
    "TO" + "DO",
    "FIX" + "ME",
    "XX" + "X",
    "NotImplemented" + "Error",
    r"pytest\.(mark\.)?" + "skip",
    r"pytest\.(mark\.)?" + "x" + "fail",
    "importor" + "skip",
]
UNFINISHED = re.compile(r"\b(" + "|".join(MARKS) + r")\w*\b")


def test_nothing_is_left_for_later() -> None:
    found = [
        f"{shown(path)}:{number}: {line.strip()}"
        for path in all_files()
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if UNFINISHED.search(line)
    ]
    assert found == []


def test_what_is_left_for_later_would_be_found() -> None:
    planted = ["# TO" + "DO: more", "raise NotImplemented" + "Error", "@pytest.mark." + "skipif(x)"]
    assert all(UNFINISHED.search(line) for line in planted)
    assert not UNFINISHED.search("skip_covered = return NotImplemented")
