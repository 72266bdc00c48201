"""The pages say what is so: the picture of the tree, the types of requests, the codes of errors."""

import re
from pathlib import Path

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
