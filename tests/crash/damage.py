"""PURE: acknowledged lines that went bad on the disk, which no crash of ours can do.

Of these a start must say so by name, and touch nothing: that tells damage from a torn tail.
"""

from collections.abc import Iterator

from tests.crash.calls import Tree
from tests.crash.recovery import Found

_JOURNAL = "/journal.jsonl"
_SESSIONS = "workspaces/default/sessions/"


def damaged(tree: Tree) -> Iterator[tuple[str, Tree]]:
    """Each journal with a byte changed in the middle of a line that a later one confirms."""
    for path, content in tree.items():
        is_journal = path.startswith(_SESSIONS) and path.endswith(_JOURNAL)
        if not is_journal or not isinstance(content, bytes) or content.count(b"\n") < 5:
            continue
        lines = content.splitlines(keepends=True)
        middle = len(lines[2]) // 2
        lines[2] = lines[2][:middle] + bytes([lines[2][middle] ^ 1]) + lines[2][middle + 1 :]
        yield path, {**tree, path: b"".join(lines)}


def overlooked(path: str, before: Tree, after: Tree, found: Found) -> str | None:
    """What a start did wrong on a damaged journal; None if it did right."""
    session = path.removeprefix(_SESSIONS).removesuffix(_JOURNAL)
    if after.get(path) != before[path]:
        return f"{path} was damaged, and the start changed it"
    if not any(session in problem for problem in found.problems):
        return f"{path} is damaged, and nothing says so"
    return None
