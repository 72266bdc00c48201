"""A repository with a worktree, for those who look at them."""

from pathlib import Path

import pytest

from tests.fakes.repositories import Repository


@pytest.fixture
def home(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "home")


@pytest.fixture
def work(home: Repository, tmp_path: Path) -> Path:
    path = tmp_path / "work"
    home.worktree(path)
    return path
