"""The pages say what is so: the picture of the tree, requests, errors, commands, paths, links."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.cli.arguments import parse
from actors.cli.catalogue import ROWS, load, split_command
from actors.gateway import TYPES
from actors.messages.supervision import TreeNode
from tests.architecture.source_tree import ROOT, own_files
from tests.fakes.greenroom import demo_server, house

PICTURED = re.compile(r"^((?:[│ ]   )*)(?:[├└]── )?(<?[\w:]+(?::<\w+>)?>?)")


def picture() -> set[tuple[str, ...]]:
    """The paths in the picture of docs/architecture.md."""
    text = (ROOT / "docs" / "architecture.md").read_text()
    block = re.search(r"```\n(supervisor .*?)```", text, re.DOTALL)
    assert block is not None
    paths: set[tuple[str, ...]] = set()
    here: list[str] = []
    for line in block[1].splitlines():
        indent = len(line) - len(line.lstrip("│├└─ "))
        name = line[indent:].split()[0]
        here = [*here[: indent // 4], name]
        paths.add(tuple(here))
    return paths


def shown(node: TreeNode, above: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    """The paths of a running tree, with what has an id of its own named as in the picture."""
    name = node.name
    if above[-1:] == ("sessions",):
        name = "<session>"
    elif above[-1:] == ("<session>",):
        name = "mcp:<server>" if name.startswith("mcp:") else "<worker>"
    path = (*above, name)
    return {path}.union(*(shown(child, path) for child in node.children))


def test_the_picture_of_the_tree_is_the_running_tree(tmp_path: Path) -> None:
    with house(tmp_path, fronts=True) as running:
        running.converse([{"reply": [{"text": "yes"}]}], **demo_server())
        made = running.create(config={})
        running.get("request", session=made["id"], content="hello")
        assert shown(running.room.board.tree()) == picture()


def protocol_page() -> str:
    return (ROOT / "docs" / "protocol.md").read_text()


def test_every_type_of_request_stands_in_the_protocol() -> None:
    table = protocol_page().split("## Answers")[0]
    named = set(re.findall(r"`([a-z-]+)`", table))
    assert named >= TYPES, TYPES - named


def test_every_code_of_an_error_stands_in_the_protocol() -> None:
    codes = set()
    for path in own_files():
        if "cli" not in path.parts:
            codes |= set(re.findall(r'\bcode(?:: str)? ?= ?"([a-z-]+)"', path.read_text()))
    codes -= {"bad-file"} if "bad-file" in protocol_page() else set()
    startup = {"already-running", "data-directory-refused"}  # said on standard error, by no answer
    internal = {"journal-corrupt", "journal-too-new", "journal-missing"}  # `session-quarantined`
    internal |= {"malformed"}  # between the daemon and the terminal host
    missing = {code for code in codes if f"`{code}`" not in protocol_page()} - startup - internal
    assert missing == set()


PAGES = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "sessions_data/README.md"]
)
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text()
SPAN = re.compile(r"`((?:(?:actors|storage|tests|docs|benchmarks)/)?[\w/-]+(?:\.py|\.md|/))`")


def named_paths(line: str) -> Iterator[Path]:
    """Those in code spans; a bare name stands beside the one before it."""
    place = ROOT
    for name in SPAN.findall(line):
        path = ROOT / name if "/" in name or name == "run.py" else place / name
        place = path.parent
        yield path


def test_every_path_in_the_architecture_exists() -> None:
    tables = [line for line in ARCHITECTURE.splitlines() if line.startswith("|")]
    paths = {path for line in tables for path in named_paths(line)}
    assert len(paths) > 60
    assert [path for path in paths if not path.exists()] == [ROOT / "inbox"]


def test_every_package_can_be_found_from_the_architecture() -> None:
    folders = [
        path.parent for path in own_files() if path.parent.parent.name in {"actors", "storage"}
    ]
    names = {str(folder.relative_to(ROOT)) for folder in folders}
    assert {name for name in names - {"actors/messages"} if f"{name}/" not in ARCHITECTURE} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+?)\)", page.read_text())
    local = [link for link in links if "://" not in link]
    assert [link for link in local if not (page.parent / link).exists()] == []


def shown_commands(text: str) -> list[list[str]]:
    """The words after `greenroom`, of every line of a shell block."""
    lines = [
        line
        for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
        for line in block.splitlines()
    ]
    split = [shlex.split(line, comments=True) for line in lines]
    return [words[1:] for words in split if words[:1] == ["greenroom"]]


def test_every_command_in_the_readme_is_one() -> None:
    commands = shown_commands((ROOT / "README.md").read_text())
    assert len(commands) > 15
    for words in commands:
        name, others = split_command(words)
        assert name is not None
        parse(others, load(name).spec)


def test_every_command_that_a_page_names_is_one() -> None:
    named = {word for page in PAGES for word in re.findall(r"`greenroom (\w+)", page.read_text())}
    assert {"verify", "doctor", "salvage", "purge"} < named
    assert named <= {*ROWS, "COMMAND"}


def test_every_example_in_a_help_is_right() -> None:
    for name in ROWS:
        for example in load(name).examples:
            if not example.startswith("greenroom "):
                continue
            command = example.split("    ")[0].split("|")[0].split(";")[-1]
            _, *words = shlex.split(command)
            found, others = split_command(words)
            assert found == name
            parse(others, load(name).spec)


def test_every_decision_is_in_their_list() -> None:
    page = (ROOT / "docs" / "adr" / "README.md").read_text()
    for path in (ROOT / "docs" / "adr").glob("0*.md"):
        title = path.read_text().split("\n")[0].split(". ", 1)[1]
        assert f"| {int(path.name[:4])} | [{title}]({path.name}) |" in page


def test_the_words_of_the_glossary_are_in_order_and_there_once() -> None:
    rest = (ROOT / "docs" / "glossary.md").read_text().split("## The rest")[1]
    words = re.findall(r"^\| ([^|]+?) \|", rest, re.MULTILINE)[1:]
    assert words[0] == "acceptance"
    assert words == sorted(set(words))
