import ast
import re
from collections.abc import Iterator

from tests.architecture.source_tree import ROOT, all_files, own_files, parsed, shown

EMPTY_WORDS = {
    "common",
    "data",
    "helper",
    "helpers",
    "info",
    "manager",
    "service",
    "util",
    "utils",
}
# Names that the specification gives, and the one directory that is called so.
GIVEN = {
    "DataDir",
    "DataDirectoryRefused",
    "SessionInfo",
    "SystemInfoSection",
    "SystemInfoSectionConfig",
    "data_dir",
    "session_info",
    "system_info",
}
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def words(name: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(name)}


def says_nothing(name: str) -> bool:
    if name.startswith("test_"):
        return False
    for given in GIVEN:
        name = name.replace(given, "")
    return bool(words(name) & EMPTY_WORDS)


def defined(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name


def test_modules_and_folders_have_names_that_say_something() -> None:
    found = {
        shown(path)
        for path in all_files()
        if any(says_nothing(part) for part in path.relative_to(ROOT).with_suffix("").parts)
    }
    assert found == set()


def test_classes_and_functions_have_names_that_say_something() -> None:
    found = [
        f"{shown(path)}: {name}"
        for path in own_files()
        for name in defined(parsed(path))
        if says_nothing(name)
    ]
    assert found == []


def test_an_empty_name_would_be_found() -> None:
    refused = ["SessionManager", "load_data", "HTTPHelper", "_common", "InfoService", "utils"]
    assert [name for name in refused if not says_nothing(name)] == []
    accepted = ["SessionInfo", "Database", "information", "metadata", "system_info", "reload"]
    assert [name for name in accepted if says_nothing(name)] == []
