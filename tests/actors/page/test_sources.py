"""What the page's own files promise: small, whole, and with no way for markup to come in."""

import re
from pathlib import Path

from actors.http.static import PAGE

MODULES = sorted(path for path in (PAGE / "js").rglob("*.js"))
STYLES = sorted((PAGE / "style").glob("*.css"))
_IMPORT = re.compile(r"""(?:from|import\(|import) ?["'](\.[^"']+)["']""")
_MARKUP = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\(|new Function|srcdoc"
)


def test_every_import_is_of_a_file_that_is_there() -> None:
    missing = {
        (path.name, name)
        for path in MODULES
        for name in _IMPORT.findall(path.read_text())
        if not (path.parent / name).resolve().is_file() and "vendor/" not in name
    }
    assert missing == set()


def test_every_module_is_reached_from_the_index() -> None:
    index = (PAGE / "index.html").read_text()
    reached: set[Path] = set()
    due = [PAGE / name for name in re.findall(r"\{assets\}/(js/[^\"]+)", index)]
    while due:
        path = due.pop().resolve()
        if path not in reached and path.is_file():
            reached.add(path)
            due += [path.parent / name for name in _IMPORT.findall(path.read_text())]
    assert {path.resolve() for path in MODULES} - reached == set()
    assert all(f"style/{path.name}" in index for path in STYLES)


def test_no_module_can_put_markup_in() -> None:
    found = {path.name: _MARKUP.findall(path.read_text()) for path in MODULES}
    assert {name: ways for name, ways in found.items() if ways} == {}


def test_modules_are_small_and_say_what_they_are() -> None:
    for path in [*MODULES, *STYLES]:
        text = path.read_text()
        assert len(text.splitlines()) <= 200, path.name
        assert text.startswith(("/*", "//")), path.name


def test_a_colour_stands_in_one_place() -> None:
    colour = re.compile(r"(?<!%23)#[0-9a-f]{6}\b")
    found = {path.name: colour.findall(path.read_text()) for path in STYLES}
    assert [name for name, colours in found.items() if colours] == ["tokens.css"]


def test_both_themes_have_every_colour() -> None:
    text = (PAGE / "style" / "tokens.css").read_text()
    blocks = [set(re.findall(r"(--[\w-]+): #", part)) for part in text.split(":root")[1:]]
    dark, light = (block for block in blocks if block)
    assert dark == light
