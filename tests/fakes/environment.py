"""Environments for processes that tests start."""

import os


def unmeasured() -> dict[str, str]:
    """Ours, without what makes a child measure its coverage, and import much for that."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
