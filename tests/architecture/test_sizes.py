import ast
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from tests.architecture.source_tree import all_files, own_files, parsed, shown

MOST_LINES_OF_A_FILE = 400
MOST_LINES_OF_A_FUNCTION = 60
MOST_LINES_OF_THE_MEDIAN_FILE = 150


def line_count(path: Path) -> int:
    return len(path.read_text().splitlines())


def long_functions(tree: ast.Module) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > MOST_LINES_OF_A_FUNCTION:
                yield node.name, lines


def test_no_file_is_long() -> None:
    sizes = {shown(path): line_count(path) for path in all_files()}
    assert {name: size for name, size in sizes.items() if size > MOST_LINES_OF_A_FILE} == {}


def test_files_are_small_as_a_rule() -> None:
    sizes = [line_count(path) for path in own_files() if path.name != "__init__.py"]
    assert median(sizes) < MOST_LINES_OF_THE_MEDIAN_FILE


def test_no_function_is_long() -> None:
    found = {
        f"{shown(path)}: {name}": lines
        for path in all_files()
        for name, lines in long_functions(parsed(path))
    }
    assert found == {}


def test_a_long_function_would_be_found() -> None:
    body = "\n".join("    pass" for _ in range(MOST_LINES_OF_A_FUNCTION))
    assert list(long_functions(ast.parse(f"def f():\n{body}"))) == [("f", 61)]
