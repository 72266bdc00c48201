"""Which foreign libraries each package may import, as an allow-list.

What our packages may import of each other is in .importlinter. A package without a row here fails.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import PurePath

from tests.architecture.source_tree import PACKAGES, ROOT, own_files, parsed, shown

ALLOWED: dict[str, set[str]] = {
    "run": set(),
    "actors": {"msgspec"},  # the modules directly in it
    "actors.adapters": {
        "anthropic",
        "anyio",
        "genai_prices",
        "httpx2",
        "mcp",
        "mcp_types",
        "msgspec",
    },
    "actors.cli": {"msgspec", "wcwidth"},
    "actors.control": {"msgspec"},
    "actors.conversations": {"msgspec"},
    "actors.decisions": {"msgspec"},
    "actors.demo": {"mcp", "msgspec"},
    "actors.edits": {"msgspec"},
    "actors.git": {"msgspec"},
    "actors.http": {"h11", "msgspec", "starlette", "uvicorn", "websockets"},
    "actors.inbox": {"msgspec"},
    "actors.library": {"msgspec"},
    "actors.mcp_server": {"anyio", "mcp", "mcp_types", "msgspec", "starlette"},
    "actors.messages": {"msgspec"},
    "actors.orphans": {"msgspec"},
    "actors.page": {"hatchling"},
    "actors.prompt": {"msgspec"},
    "actors.recording": {"msgspec"},
    "actors.repository": {"msgspec"},
    "actors.sessions": {"msgspec"},
    "actors.supervision": {"msgspec", "pykka"},
    "actors.terminals": {"msgspec", "ptyprocess", "pyte", "wcwidth"},
    "actors.tools": {"msgspec"},
    "actors.watch": {"msgspec"},
    "actors.workers": {"msgspec"},
    "storage": {"msgspec", "watchdog"},
    "storage.backends": {"msgspec"},
    "storage.fold": {"msgspec"},
    "storage.journal": {"msgspec"},
    "storage.records": {"msgspec"},
}


def imported(tree: ast.Module) -> Iterator[str]:
    """The top-level name of every absolute import, those inside functions included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def row(relative: PurePath) -> str:
    """The row for a file: its package, two names deep at most."""
    return ".".join(relative.parts[:-1][:2]) or relative.stem


def test_a_package_imports_only_the_libraries_of_its_row() -> None:
    found = {}
    for path in own_files():
        foreign = set(imported(parsed(path))) - sys.stdlib_module_names - set(PACKAGES)
        package = row(path.relative_to(ROOT))
        if unexpected := foreign - ALLOWED.get(package, set()):
            found[shown(path)] = unexpected
    assert found == {}


def test_every_package_has_a_row() -> None:
    assert {row(path.relative_to(ROOT)) for path in own_files()} - ALLOWED.keys() == set()


def test_records_know_nothing_but_each_other() -> None:
    for path in (ROOT / "storage" / "records").glob("*.py"):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.ImportFrom) and node.module:
                own = node.module.startswith(PACKAGES)
                assert not own or f"{node.module}.".startswith("storage.records."), shown(path)


def test_an_import_inside_a_function_is_seen() -> None:
    tree = ast.parse("def f():\n    import pykka.x\n    from mcp.y import z\n    from . import w")
    assert list(imported(tree)) == ["pykka", "mcp"]
