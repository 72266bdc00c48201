"""Whatever stands in a file: the hunks that are told make its new content out of the old one."""

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from actors.git.patch import Listed, with_hunks
from actors.git.shares import sections
from storage.records.diff import ChangedFile, Hunk
from tests.fakes.repositories import plain_git

LINES = st.sampled_from([
    "", "a", "b", " ", "\\ No newline at end of file", "--- a/x", "+++ b/x", "@@ -1,2 +1,2 @@",
    "@@ -1 +1 @@ head", "diff --git a/x b/x", "-", "+", "c\r", "ü",
])  # fmt: skip
CONTENT = st.builds(
    lambda lines, has_end: "\n".join(lines) + ("\n" if has_end and lines else ""),
    st.lists(LINES, max_size=30),
    st.booleans(),
)


def hunks_of(old: str, new: str) -> tuple[Hunk, ...]:
    with tempfile.TemporaryDirectory() as place:
        for name, content in (("old", old), ("new", new)):
            Path(place, name).write_bytes(content.encode())
        words = ("diff", "--no-index", "--no-color", "--no-ext-diff", "old", "new")
        out = plain_git(Path(place)).run(*words).out
    listed = Listed(ChangedFile(path="new", status="modified"), 1 if out else 0)
    (file,) = with_hunks([listed], sections(out))
    assert file.hunks is not None
    return file.hunks


def applied(old: str, hunks: tuple[Hunk, ...]) -> str:
    """As `git apply` would, by the numbers of lines."""
    pieces = old.split("\n")
    lines = [f"{piece}\n" for piece in pieces[:-1]] + ([pieces[-1]] if pieces[-1] else [])
    made: list[str] = []
    place = 0
    for hunk in hunks:
        start = hunk.old_start - (1 if hunk.old_lines else 0)
        made += lines[place:start]
        place = start + hunk.old_lines
        told = [line for line in hunk.lines if line.kind != "-"]
        made += [f"{line.text}\n" if line.has_end else line.text for line in told]
        assert len(told) == hunk.new_lines
        assert sum(line.kind != "+" for line in hunk.lines) == hunk.old_lines
    return "".join(made + lines[place:])


@settings(max_examples=60, deadline=None)
@given(CONTENT, CONTENT)
def test_hunks_make_the_new_content_out_of_the_old(old: str, new: str) -> None:
    assert applied(old, hunks_of(old, new)) == new
