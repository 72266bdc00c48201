from typing import Any

from actors.messages.orphans import Usage, server_key
from actors.orphans.figures import figures, of_session, total, with_process

OWN, SHARED = server_key("time", session="s"), server_key("time", workspace="default")
USAGE = {
    "s/a": Usage(2, 100, 1.5, 7),
    "t/a": Usage(4, 10, 0.0, 8),
    OWN: Usage(3, 50, 2.25, 9),
    SHARED: Usage(1, 5, 0.0, 10),
}


def test_a_session_is_its_workers_and_its_own_tool_servers() -> None:
    assert of_session("s", USAGE) == {"processes": 5, "memory_bytes": 150, "cpu_percent": 3.8}
    assert of_session("asleep", USAGE) == {"processes": 0, "memory_bytes": 0, "cpu_percent": 0}
    assert total(USAGE.values())["processes"] == 10


def test_what_is_not_known_is_null() -> None:
    assert set(figures(None).values()) == {None}


def server(session_id: str | None) -> dict[str, Any]:
    return {"name": "time", "workspace": "default", "session_id": session_id}


def test_a_tool_server_has_the_figures_of_its_own_scope() -> None:
    assert with_process(server("s"), USAGE)["process"] == {"pid": 9, **figures(USAGE[OWN])}
    assert with_process(server(None), USAGE)["process"] == {"pid": 10, **figures(USAGE[SHARED])}
    assert with_process(server("t"), USAGE)["process"] is None
