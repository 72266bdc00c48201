"""Changes in words and colours, whatever stands in the lines."""

from actors.cli.diff_view import notes, stat_lines, sum_phrase, text_lines

PATCH = """\
diff --git a/x b/x
--- a/x
+++ b/x
@@ -1,3 +1,3 @@ head
 @@ -1 +1 @@
--- gone
+++\tcome
 same
\\ No newline at end of file
diff --git a/y b/y
new file mode 100755
"""


def test_a_line_of_a_file_is_never_taken_for_a_head() -> None:
    shown = [line[0] for line in text_lines({"text": PATCH})]
    assert [style for _, style in shown] == [
        "bold", "bold", "bold", "dim", "", "bad", "good", "", "bold", "bold", "bold"
    ]  # fmt: skip
    assert shown[6][0] == "+++    come"


def test_a_file_is_a_line_with_what_became_of_it() -> None:
    files = [
        {"path": "new", "status": "added", "new_mode": "100644", "added": 2, "removed": 0},
        {"path": "b", "old_path": "a", "status": "renamed", "old_mode": "100644",
         "new_mode": "100644", "added": 0, "removed": 0},
        {"path": "run", "status": "modified", "old_mode": "100644", "new_mode": "100755"},
        {"path": "pic", "status": "deleted", "old_mode": "100644", "is_binary": True},
        {"path": "sub", "status": "modified", "old_mode": "160000", "new_mode": "160000",
         "added": 1, "removed": 1},
    ]  # fmt: skip
    summary = {"files": 5, "added": 3, "removed": 1, "binary": 1}
    diff = {"base": "1" * 40, "files": files, "summary": summary}
    lines = ["".join(text for text, _ in line).rstrip() for line in stat_lines(diff)]
    assert lines == [
        "  new     added +2",
        "  a => b  renamed",
        "  run     now a program",
        "  pic     deleted, binary",
        "  sub     submodule +1 -1",
        "5 files changed since 111111111111, 3 lines added, 1 removed, 1 binary",
    ]


def test_nothing_and_too_much_are_said() -> None:
    assert sum_phrase({"summary": {"files": 0}, "base": "1" * 40}) == (
        "nothing changed since 111111111111"
    )
    told = notes({"is_cut": True, "left_out": ["nested/"]})
    assert told[0].startswith("there is more than is told")
    assert told[1] == "nested/ is a repository of its own and left out"
