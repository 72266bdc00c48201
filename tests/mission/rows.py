"""One row per name of the mission: where it is to be had, what it has, which test shows it."""

import ast
import functools
import importlib
from typing import Any

from msgspec import Struct
from msgspec.structs import fields

from tests.architecture.source_tree import ROOT, parsed


class Row(Struct, frozen=True):
    """`name` as the mission spells it, in our snake_case. `where`: `module:attribute`, or None for
    what is no name in Python. `has`: fields of a struct, else attributes of a class. `tests`: node
    ids below `tests/`.
    """

    name: str
    where: str | None
    tests: tuple[str, ...]
    has: tuple[str, ...] = ()


def found(where: str) -> Any:
    """What stands there. AttributeError, ImportError."""
    module, _, names = where.partition(":")
    value: Any = importlib.import_module(module)
    for name in names.split("."):
        value = getattr(value, name)
    return value


def parts_of(value: Any) -> set[str]:
    """The fields of a struct and its properties, or the attributes of a class."""
    names = {name for name in dir(value) if not name.startswith("_")}
    if isinstance(value, type) and issubclass(value, Struct):
        names |= {field.encode_name for field in fields(value)}
    return names


@functools.cache
def tests_in(path: str) -> frozenset[str]:
    """The names of the tests in a file below `tests/`. FileNotFoundError."""
    tree = parsed(ROOT / "tests" / path)
    functions = (node for node in tree.body if isinstance(node, ast.FunctionDef))
    return frozenset(node.name for node in functions if node.name.startswith("test_"))


def is_there(node_id: str) -> bool:
    path, _, name = node_id.partition("::")
    try:
        return name in tests_in(path)
    except FileNotFoundError:
        return False
