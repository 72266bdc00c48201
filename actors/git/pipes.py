"""Files that git reads by their names and would wait for without end: pipes and devices.

Looked for without git. Repositories of the user have them by accident, others to hold us up.
"""

import os
from pathlib import Path

_READ = frozenset({".gitignore", ".gitattributes", ".gitmodules", ".mailmap"})


def pipe_in(top: Path) -> str | None:
    """What to do about the first one below `top`, a sentence; None if there is none. OSError."""
    waiting = [str(top)]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    if entry.name != ".git":
                        waiting.append(entry.path)
                elif entry.name in _READ and not (entry.is_symlink() or entry.is_file()):
                    return f"{entry.path} is a pipe or device, for which git would wait; remove it"
    return None
