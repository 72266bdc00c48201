"""What a change is, and whether another one has it."""

from actors.decisions.worktrees.changes import change_of, essence, has_all, has_modes

ONE, TWO, NONE = b"1" * 40, b"2" * 40, b"0" * 40
RAW = b":100644 100755 " + ONE + b" " + TWO + b" M\0a b\0:100644 000000 " + ONE + b" " + NONE
RAW += b" D\0:odd\n\0"
TEXT = b"""diff --git a/f b/f
index 1111111..2222222 100644
--- a/f
+++ b/f
@@ -1,2 +1,2 @@ def f():
-a b
+a  b
 @@ -1 +1 @@ not a head
"""


def test_a_change_by_path() -> None:
    assert change_of(RAW) == {b"a b": (b"100755", TWO), b":odd\n": (b"000000", NONE)}
    assert change_of(b"") == {}


def test_every_file_must_be_the_same() -> None:
    mine = change_of(RAW)
    assert has_all(mine, {**mine, b"more": (b"100644", ONE)})
    assert not has_all(mine, {b"a b": (b"100755", TWO)})
    assert not has_all(mine, {**mine, b"a b": (b"100644", TWO)})


def test_modes_alone() -> None:
    mine = change_of(RAW)
    assert has_modes(mine, {**mine, b"a b": (b"100755", ONE)})
    assert not has_modes(mine, {**mine, b"a b": (b"100644", TWO)})
    assert not has_modes(mine, {})


def test_the_essence_of_a_patch_is_all_but_its_places() -> None:
    moved = TEXT.replace(b"@@ -1,2 +1,2 @@ def f():", b"@@ -90,2 +95,2 @@ def g():")
    assert essence(moved.replace(b"1111111", b"3333333")) == essence(TEXT)
    for old, new in ((b"a  b", b"a b"), (b"a/f", b"a/g"), (b" @@ -1 +1", b" @@ -2 +1")):
        assert essence(TEXT.replace(old, new)) != essence(TEXT)


def test_the_names_of_binary_contents_stay() -> None:
    patch = b"diff --git a/f b/f\nindex 1..2 100644\nGIT binary patch\ndelta 1\nIcm\n\n"
    assert essence(patch.replace(b"1..2", b"1..3")) != essence(patch)
