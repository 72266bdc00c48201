"""The project's Python files, parsed, for the tests that judge their form."""

import ast
import gc
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("actors", "storage")


def own_files() -> list[Path]:
    """Every source file that is shipped."""
    return [ROOT / "run.py", *_python_files(*PACKAGES)]


def all_files() -> list[Path]:
    """The shipped ones and the tests."""
    return [*own_files(), *_python_files("tests", "benchmarks", "examples")]


def _python_files(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


@cache
def parsed(path: Path) -> ast.Module:
    """With nothing collected meanwhile: what that finds may be logged with its traceback, which
    parses as well, and CPython 3.11 fails over one parse within another.
    """
    gc.disable()
    try:
        return ast.parse(path.read_text())
    finally:
        gc.enable()


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))
