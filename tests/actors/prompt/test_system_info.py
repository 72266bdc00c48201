import os
import subprocess
from pathlib import Path

import pytest

from actors.prompt.git_head import current_branch
from actors.prompt.small_file import MAX_BYTES, read_small
from actors.prompt.system_info import SystemInfoSection
from actors.prompt.tech_stack import tech_stack
from storage.records.prompt import SystemInfoSectionConfig


def git(directory: Path, *args: str) -> str:
    identity = ["-c", "user.name=n", "-c", "user.email=e@example.org"]
    done = subprocess.run(
        ["git", *identity, *args], cwd=directory, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    directory = tmp_path / "repository"
    directory.mkdir()
    git(directory, "init", "-b", "main")
    git(directory, "commit", "--allow-empty", "-m", "first")
    return directory


def test_the_section_tells_of_machine_directory_and_branch(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHELL", "/bin/zsh")
    (repository / "go.mod").write_text("module example.org/x\n")
    text = SystemInfoSection(SystemInfoSectionConfig(cwd=str(repository))).build()
    machine = os.uname()
    assert text == (
        f"# System\n\n- Operating system: {machine.sysname} {machine.release}\n"
        f"- Architecture: {machine.machine}\n- Shell: /bin/zsh\n"
        f"- Working directory: {repository}\n- Git branch: main\n- Tech stack: Go"
    )


def test_what_is_switched_off_or_unknown_is_left_out(tmp_path: Path) -> None:
    config = SystemInfoSectionConfig(
        cwd=str(tmp_path), include_os_info=False, include_tech_stack=False
    )
    assert SystemInfoSection(config).build() == f"# System\n\n- Working directory: {tmp_path}"


def test_the_branch_is_found_from_a_directory_below(repository: Path) -> None:
    below = repository / "a" / "b"
    below.mkdir(parents=True)
    git(repository, "switch", "-c", "feature/roses")
    assert current_branch(below) == "feature/roses"


def test_the_branch_of_a_linked_worktree_is_its_own(repository: Path, tmp_path: Path) -> None:
    git(repository, "worktree", "add", "-b", "side", str(tmp_path / "side"))
    assert current_branch(tmp_path / "side") == "side"
    assert current_branch(repository) == "main"


def test_a_detached_head_names_its_commit(repository: Path) -> None:
    commit = git(repository, "rev-parse", "HEAD")
    git(repository, "switch", "--detach", "HEAD")
    assert current_branch(repository) == f"detached at {commit[:12]}"


def test_a_damaged_repository_has_no_branch(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: nowhere\n")
    assert current_branch(tmp_path) is None


def test_a_directory_that_cannot_exist_has_no_branch(tmp_path: Path) -> None:
    assert current_branch(tmp_path / ("x" * 300)) is None


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        (
            "pyproject.toml",
            '[project]\ndependencies=["pykka", "FastAPI[all]"]\noptional-dependencies.t=["pytest"]',
            ("Python", "FastAPI", "Pykka", "pytest"),
        ),
        ("pyproject.toml", "[tool.poetry.dependencies]\ndjango = '5'\n", ("Python", "Django")),
        ("pyproject.toml", "[project]\ndependencies = 3\n", ("Python",)),
        ("requirements.txt", "# web\n-r x.txt\nflask==3\n", ("Python", "Flask")),
        ("package.json", '{"dependencies": {"react": "1", "left": "2"}}', ("JavaScript", "React")),
        ("package.json", '{"devDependencies": {"vite": "1"}}', ("JavaScript", "Vite")),
        ("package.json", "[]", ("JavaScript",)),
        ("package.json", '{"dependencies": [1]}', ("JavaScript",)),
        ("package.json", "{", ("JavaScript",)),
        ("Cargo.toml", "[dependencies]\ntokio = '1'\n", ("Rust", "Tokio")),
        ("Cargo.toml", "[workspace.dependencies]\naxum = '1'\n", ("Rust", "Axum")),
        ("go.mod", "require github.com/gin-gonic/gin v1.10.0\n", ("Go", "Gin")),
        ("go.mod", "require (\n\tgithub.com/gin-gonic/gin v1\n)\n", ("Go", "Gin")),
        ("Gemfile", "gem 'rails', '~> 8'\n", ("Ruby", "Rails")),
        ("pom.xml", "<project/>", ("Java",)),
        ("README.md", "pykka", ()),
    ],
)
def test_manifests_name_language_and_frameworks(
    tmp_path: Path, name: str, content: str, expected: tuple[str, ...]
) -> None:
    (tmp_path / name).write_text(content)
    assert tech_stack(tmp_path) == expected


def test_two_manifests_of_one_language_name_it_once(tmp_path: Path) -> None:
    for name in ("pyproject.toml", "requirements.txt", "Cargo.toml"):
        (tmp_path / name).touch()
    assert tech_stack(tmp_path) == ("Python", "Rust")


def test_only_small_regular_files_are_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with (tmp_path / "large").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    (tmp_path / "bytes").write_bytes(b"a\xff")
    assert read_small(tmp_path / "pipe") is None
    assert read_small(tmp_path) is None
    assert read_small(tmp_path / "large") is None
    assert read_small(tmp_path / "absent") is None
    assert read_small(tmp_path / "bytes") == "a\N{REPLACEMENT CHARACTER}"
