"""What the mission names and no other test has for its subject."""

import inspect
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from actors import library
from storage.records.config import SessionConfig
from storage.records.conversation import Round, TurnStatus
from storage.records.message import ImageContent, Role
from storage.state import SessionState
from tests.architecture.source_tree import ROOT
from tests.contract.ways import kept
from tests.storage.histories import START, message


@pytest.mark.parametrize("place", ["files", "memory"])
def test_an_image_says_how_closely_it_is_to_be_looked_at(place: str, tmp_path: Path) -> None:
    make = library.SessionFactory()
    image = ImageContent(url="https://x/y.png", detail="high", alt_text="a cat")
    with kept(place, tmp_path / "data") as repository:
        session = repository.create_session(make.create_session(SessionConfig()))
        both = (image, ImageContent(url="data:,"))
        repository.add_message(session.id, make.create_user_message(both))
        first, second = repository.get_messages(session.id)[-1].content
    assert first == image
    assert isinstance(second, ImageContent)
    assert (second.detail, second.alt_text) == ("auto", None)


def test_roles_are_six() -> None:
    assert get_args(Role) == ("system", "user", "assistant", "tool", "function", "summary")


def test_a_turn_has_four_states() -> None:
    assert get_args(TurnStatus) == ("streaming", "completed", "error", "interrupted")


def test_a_coordinator_takes_what_the_mission_says() -> None:
    parameters = inspect.signature(library.SessionCoordinator).parameters.values()
    assert [one.name for one in parameters] == [
        "metadata",
        "prompt",
        "sessions",
        "mcp",
        "models",
        "files",
        "dynamic_context",
        "logger",
    ]
    optional = [one.name for one in parameters if one.default is None]
    assert optional == ["files", "dynamic_context", "logger"]


class Unread(list[Round]):
    """A list that may be asked for one, and not be gone through."""

    def __iter__(self) -> "None":  # type: ignore[override]  # nobody is to call it
        raise AssertionError("all rounds were looked through for one")


def test_a_round_is_found_by_its_id_and_not_by_looking_through() -> None:
    state = SessionState()
    for number in range(100):
        done = Round(id=f"r{number}", request=message("q"), status="completed", created_at=START)
        state = SessionState(rounds=state.rounds.append(done))
    state.rounds._items = Unread(state.rounds._items)
    found = state.round("r57")
    assert found is not None
    assert found.id == "r57"
    assert state.round("nobody") is None


def test_all_of_it_is_to_be_had_from_one_place_without_the_heavy_libraries() -> None:
    names = ", ".join(library.__all__)
    code = f"import sys; from actors.library import {names}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert set(done.stdout.split()) & {"pykka", "anthropic", "mcp"} == set()
