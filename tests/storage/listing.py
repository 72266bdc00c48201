"""What stands in a directory."""

from pathlib import Path


def listed(directory: Path) -> list[str]:
    """All names, hidden ones too, in order."""
    return sorted(path.name for path in directory.iterdir())
