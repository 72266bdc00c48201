"""What removals of worktrees left beside their places; it goes on when that is wanted.

Of what lies there only that goes of which git still has the copy.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

from actors.cli.doctor.finding import Finding, note, ok

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from actors.git.left_places import LeftPlace
    from storage.data_dir import DataDir
    from storage.stored_sessions import StoredSession

CHECK = "worktrees"
YOUNG_SECONDS = 60.0
_STUCK = "see what holds it (lsattr, mount, ls -l), then greenroom doctor --fix"


def findings(data: DataDir, *, fix: bool) -> Iterator[Finding]:
    """`fix`: remove them."""
    from actors.git.left_places import left_in

    homes, places = _known(data)
    every = (left for place in sorted(places) for left in left_in(place))
    found = [left for left in every if left.is_kept or _is_old(Path(left.path))]
    for left in found:
        home = homes.get(left.session_id)
        yield _removed(home, left) if fix and home else _told(home, left)
    if not found:
        yield ok(CHECK, "nothing that a removal left behind")


def _told(home: Path | None, left: LeftPlace) -> Finding:
    if home is None:
        text = f"{left.path}: left by the removal of a session that is no more"
        return note(CHECK, text, "look into it, then remove it by hand")
    if left.is_kept:
        text = f"{left.path}: the rest of a removed worktree; all of it is kept as {left.ref}"
        return note(CHECK, text, "greenroom doctor --fix removes it")
    text = f"{left.path}: a worktree whose removal broke off; its files are all there"
    return note(CHECK, text, f"greenroom delete {left.session_id} goes on with it")


def _removed(home: Path, left: LeftPlace) -> Finding:
    from actors.git.command import Git, GitFailed
    from actors.git.left_places import take_away

    if not left.is_kept:
        return _told(home, left)
    try:
        rest = take_away(Git(home, os.environ), left)
    except (GitFailed, OSError) as error:
        rest = f"{left.path} stays: {error}"
    if rest is not None:
        return note(CHECK, rest, _STUCK)
    return ok(CHECK, f"removed {left.path}, the rest of a removed worktree")


def _known(data: DataDir) -> tuple[dict[str, Path], set[Path]]:
    """The repository of each session that has or had a worktree, and where worktrees lie."""
    from actors.git.links import home_of
    from storage import trash
    from storage.records.session import WorktreeSession
    from storage.stored_sessions import record_of, stored_sessions

    homes: dict[str, Path] = {}
    places = {path for path in data.worktrees.glob("*") if path.is_dir()}
    stored: list[StoredSession] = []
    with suppress(OSError):  # what cannot be read is told of the journals
        stored = stored_sessions(data)
    for each in stored:
        record = record_of(each)
        if isinstance(record, WorktreeSession):
            homes[record.id] = home_of(record)
            places.add(_around(record.worktree_path))
    for item in trash.shelved(data):
        state = trash.state_of(item)
        if state is not None and state.removed is not None:
            homes[item.id] = Path(state.removed.repository)
            places.add(_around(state.removed.path))
    return homes, places


def _is_old(path: Path) -> bool:
    """Not just renamed, as by a removal that goes on."""
    with suppress(OSError):
        return time.time() - path.lstat().st_ctime > YOUNG_SECONDS
    return False


def _around(path: str) -> Path:
    return Path(os.path.realpath(path)).parent
