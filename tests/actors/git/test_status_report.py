"""What git says of its state, byte by byte."""

import pytest

from actors.git.status_report import StatusReport, parsed

HEAD = "1" * 40
_FIELDS = "N... 100644 100644 100644 a a"


def report(*lines: str) -> StatusReport:
    return parsed("".join(f"{line}\0" for line in lines).encode())


def test_a_branch_with_its_upstream() -> None:
    told = report(f"# branch.oid {HEAD}", "# branch.head fix/it", "# branch.upstream origin/fix/it",
                  "# branch.ab +2 -1")  # fmt: skip
    assert told == StatusReport("fix/it", HEAD, "origin/fix/it", 2, 1)


def test_an_upstream_that_has_gone_has_no_distance() -> None:
    told = report(f"# branch.oid {HEAD}", "# branch.head a", "# branch.upstream origin/a")
    assert (told.upstream, told.ahead, told.behind) == ("origin/a", None, None)


def test_before_the_first_commit_and_without_a_branch() -> None:
    assert report("# branch.oid (initial)", "# branch.head main") == StatusReport("main")
    assert report(f"# branch.oid {HEAD}", "# branch.head (detached)") == StatusReport(None, HEAD)


def test_files_are_counted_on_both_sides() -> None:
    told = report(
        "# branch.oid (initial)",
        "# branch.head main",
        f"1 M. {_FIELDS} staged",
        f"1 .M {_FIELDS} modified",
        f"1 MM {_FIELDS} both",
        f"2 R. {_FIELDS} R100 new name",
        "? old names may look like a line",
        f"u UU {_FIELDS} a a conflicted",
        "? untracked\nwith a line",
        "! ignored",
    )
    assert (told.staged, told.modified, told.untracked, told.conflicted) == (3, 2, 1, 1)


def test_names_may_be_no_utf_8() -> None:
    told = parsed(b"# branch.oid (initial)\0# branch.head caf\xe9\0? \xff\0")
    assert (told.branch, told.untracked) == ("caf\udce9", 1)


def test_nonsense_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="not enough values"):
        parsed(b"# branch.oid\0")
