"""What git says of changes, as values: lists and patches, whole and cut."""

from actors.git.patch import listed, summary, whole_lines, with_hunks
from actors.git.shares import sections

A, B, NONE = "1" * 40, "2" * 40, "0" * 40
PATCH = b"""\
diff --git a/x b/x
--- a/x
+++ b/x
@@ -1 +1,2 @@ head
-old
+diff --git a/y b/y
+@@ -1 +1 @@
diff --git a/y b/y
new file mode 100644
--- /dev/null
+++ b/y
@@ -0,0 +1 @@
+end
\\ No newline at end of file
"""
RAW = (
    f":100644 100644 {A} {B} M\0x\0"
    f":000000 100644 {NONE} {B} A\0y\0"
    f":100644 100755 {A} {B} R090\0from\0to\0"
    "2\t1\tx\0"
    "1\t0\ty\0"
    "-\t-\t\0from\0to\0"
).encode()  # fmt: skip


def test_a_list_has_names_modes_and_numbers() -> None:
    files = [each.file for each in listed(RAW)]
    assert [(each.path, each.status, each.added, each.removed) for each in files] == [
        ("x", "modified", 2, 1),
        ("y", "added", 1, 0),
        ("to", "renamed", None, None),
    ]
    assert (files[1].old_mode, files[2].new_mode, files[2].old_path) == (None, "100755", "from")
    assert files[2].is_binary
    told = summary(listed(RAW))
    assert (told.files, told.added, told.removed, told.binary) == (3, 3, 1, 1)


def test_a_list_that_was_cut_has_what_is_whole() -> None:
    for size in range(len(RAW)):
        names = [each.file.path for each in listed(RAW[:size])]
        assert names == ["x", "y", "to"][: len(names)]


def test_hunks_are_read_by_their_counts() -> None:
    x, y = with_hunks(listed(RAW)[:2], sections(PATCH))
    assert x.hunks is not None
    assert y.hunks is not None
    assert [line.text for line in x.hunks[0].lines] == ["old", "diff --git a/y b/y", "@@ -1 +1 @@"]
    assert (x.hunks[0].heading, x.hunks[0].new_lines) == ("head", 2)
    (line,) = y.hunks[0].lines
    assert (line.kind, line.text, line.has_end) == ("+", "end", False)


def test_a_file_without_its_part_of_the_patch_has_no_hunks() -> None:
    x, y = with_hunks(listed(RAW)[:2], [None, sections(PATCH)[1]])
    assert (x.hunks, len(y.hunks or ())) == (None, 1)
    x, y = with_hunks(listed(RAW)[:2], sections(PATCH)[:1])
    assert (len(x.hunks or ()), y.hunks) == (1, None)


def test_a_patch_that_was_cut_ends_with_a_line() -> None:
    for size in range(len(PATCH)):
        assert whole_lines(PATCH[:size])[-1:] in {b"", b"\n"}
