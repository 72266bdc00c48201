"""PURE: what is peculiar about a crashed disk, beside what a reader saw there before the crash.

For the proof of the proof: a kind of damage that never came up was not survived either. Names and
contents are compared, so that a variant which happened to change nothing counts for nothing.
"""

from collections.abc import Iterator

from tests.crash.calls import Tree

TRAITS = (
    "all of it",
    "nothing unsynced",
    "a name lost",
    "a name come back",
    "an older file under the name",
    "a name without content",
    "zeros in place of content",
    "torn after 1 byte",
    "torn after 512 bytes",
    "torn after 4096 bytes",
    "torn elsewhere",
    "changed within",
)


def traits(crashed: Tree, seen: Tree, synced: Tree) -> Iterator[str]:
    """`seen` by a reader before the crash; `synced`: what is promised of that."""
    if crashed == seen:
        yield "all of it"
    elif crashed == synced:
        yield "nothing unsynced"
    if seen.keys() - crashed.keys():
        yield "a name lost"
    if crashed.keys() - seen.keys():
        yield "a name come back"
    for path, after in crashed.items():
        before = seen.get(path)
        if after is not before and isinstance(after, bytes) and isinstance(before, bytes):
            yield _content(after, before, synced.get(path))


def _content(after: bytes, before: bytes, synced: bytes | str | None) -> str:
    if after == before:
        return "all of it"
    if not after:
        return "a name without content"
    if before.startswith(after):
        is_older = isinstance(synced, bytes) and before.startswith(synced)
        return _cut(len(after) - (len(synced) if is_older and synced else 0))
    if after == synced:
        return "an older file under the name"
    is_zeros = len(after) == len(before) and b"\0" in after and b"\0" not in before
    return "zeros in place of content" if is_zeros else "changed within"


def _cut(arrived: int) -> str:
    match arrived:
        case 1:
            return "torn after 1 byte"
        case 512 | 4096:
            return f"torn after {arrived} bytes"
        case _:
            return "torn elsewhere"
