"""The READMEs that lie in a data directory name every file that can appear there."""

import re

import pytest

from storage.data_dir import DataDir
from tests.architecture.source_tree import ROOT
from tests.docs.independent_reader import PLACES

PAGE = (ROOT / "storage" / "data_dir_readme.md").read_text()
SPACE = "workspaces/default"
SESSION = f"{SPACE}/sessions/kq3vd7zt2mao"
SHA256 = "0" * 64
OWN = f"{SPACE}/replies.json"

# At least one for every kind of file that docs/disk_format.md knows.
SAMPLES = [
    "README.md",
    "config.toml",
    "inbox/job.json",
    "inbox/.claimed/17-job.json",
    "inbox/.taken-17-job.json",
    "outbox/job.json",
    "outbox/job.jsonl",
    "rejected/README.md",
    "rejected/job-2.json",
    "rejected/job-2.json.why.json",
    "requests/2026-11-21.jsonl",
    f"requests/attachments/{SHA256}",
    "requests/2026-11-21.torn-3",
    "requests/2026-11-21.torn-3.2",
    "requests/2026-11-21.unsynced-3",
    "requests/2026-11-21.damaged",
    "requests/2026-11-21.too-new",
    "run/control.sock",
    "run/reserve",
    "workspaces/.terminal-host.json",
    "workspaces/.processes.json",
    f"{SPACE}/workspace.json",
    f"{SPACE}/making/kq3vd7zt2mao.json",
    f"{SPACE}/worktree/worktree.json",
    f"{SPACE}/worktree/templates/.env",
    "worktrees/shop/fix-login/README.md",
    f"{SPACE}/.workspace-last-good.json",
    OWN,
    f"{SPACE}/sessions.json",
    f"{SPACE}/sessions.json.before-migration-20261121T054012Z",
    f"{SPACE}/.revisions.jsonl",
    f"{SPACE}/.edits/sessions-17.json",
    f"{SPACE}/.edits/sessions-17.plan",
    f"{SPACE}/.edits/sessions-17-held.json",
    f"{SPACE}/mcp-time.log",
    f"{SPACE}/mcp-time.log.1",
    f"{SESSION}/journal.jsonl",
    f"{SESSION}/journal.torn-3",
    f"{SESSION}/journal.unsynced-3.2",
    f"{SESSION}/journal.damaged-3",
    f"{SESSION}/journal.salvaged-20261121T054012Z.jsonl",
    f"{SESSION}/attachments/{SHA256}",
    f"{SESSION}/terminals/s3oq2cepbl5e/000001-000000000000000.out",
    f"{SESSION}/mcp-time.log",
    f"{SESSION}/mcp-time.log.1",
    f"{SPACE}/trash/kq3vd7zt2mao-3/journal.jsonl",
    f"{SPACE}/trash/.purging-kq3vd7zt2mao-3/journal.jsonl",
    f"{SPACE}/trash/.restoring-kq3vd7zt2mao-3",
    f"{SPACE}/.importing-kq3vd7zt2mao/journal.jsonl",
    f"{SPACE}/.forking-kq3vd7zt2mao/journal.jsonl",
]


def patterns(*, with_own: bool = True) -> list[str]:
    """What the first column names, as regular expressions; people's own files have any name."""
    found = []
    for cell in re.findall(r"^\| (`.*?) \|", PAGE, re.MULTILINE):
        first, *others = re.findall(r"`([^`]+)`", cell)
        stem = first.rpartition(".")[0]
        names = [first, *(other if "/" in other else stem + other for other in others)]
        found += [re.sub(r"<[^>]+>", "[^/]+", re.escape(name)) for name in names]
    own = "workspaces/[^/]+/[^/]+"
    assert own in found
    return [
        form + (".*" if form.endswith("/") else r"(\.\d+)?")
        for form in found
        if with_own or form != own
    ]


def test_the_samples_are_of_every_kind_that_there_is() -> None:
    kinds = {
        next((kind for kind, form in PLACES.items() if re.fullmatch(form, path)), path)
        for path in SAMPLES
    }
    assert kinds == PLACES.keys()


@pytest.mark.parametrize("path", SAMPLES)
def test_every_file_has_its_row(path: str) -> None:
    assert any(re.fullmatch(form, path) for form in patterns(with_own=path == OWN))


def test_every_row_is_of_a_file_that_there_is() -> None:
    assert [f for f in patterns() if not any(re.fullmatch(f, path) for path in SAMPLES)] == []


def test_nothing_is_said_to_be_read_that_is_not() -> None:
    sources = [path for folder in ("actors", "storage") for path in (ROOT / folder).rglob("*.py")]
    reads = [path for path in sources if re.search(r"\bdata\.config\b", path.read_text())]
    assert hasattr(DataDir(ROOT), "config")
    assert bool(reads) == ("not read yet" not in PAGE)


def test_whatever_is_refused_is_explained_where_it_lies() -> None:
    page = (ROOT / "storage" / "rejected_readme.md").read_text()
    for said in ("id-conflict", "`sessions-<number>.json`", "this edit was done", ".why.json"):
        assert said in page
    for field in ("line", "path", "reason"):
        assert f"`{field}`" in page
