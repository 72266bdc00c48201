from typing import Any

from actors.cli.drawing import Node
from actors.cli.fork_view import fork_phrase, hang, under_origins


def session(id_: str, origin: str | None = None, **more: Any) -> Any:
    forked = {"session_id": origin, "n": 7, "tree_n": None, **more} if origin else None
    return {"id": id_, "forked_from": forked}


def shown(*sessions: Any) -> list[tuple[str, int]]:
    return [(each["id"], depth) for each, depth in under_origins(sessions)]


def test_forks_follow_their_origin_however_deep() -> None:
    rows = [session("a"), session("b"), session("c", "a"), session("d", "c"), session("e", "a")]
    assert shown(*rows) == [("a", 0), ("c", 1), ("d", 2), ("e", 1), ("b", 0)]


def test_one_whose_origin_is_not_shown_stands_by_itself() -> None:
    assert shown(session("b", "gone"), session("a")) == [("b", 0), ("a", 0)]


def test_nothing_is_lost_where_they_name_each_other() -> None:
    rows = [session("a", "b"), session("b", "a"), session("c", "c")]
    assert sorted(each for each, _ in shown(*rows)) == ["a", "b", "c"]


def test_the_phrase_names_origin_and_files() -> None:
    assert fork_phrase(session("a")) == ""
    assert fork_phrase(session("b", "a")) == "a@7"
    assert fork_phrase(session("b", "a", tree_n=5)) == "a@7, with the files of number 5"
    half = session("b", "a", tree_n=8, files="mid-round")
    assert fork_phrase(half) == ("a@7, with the files as they were then, in the middle of a round")


def test_nodes_hang_below_those_of_their_origins() -> None:
    sessions = {each["id"]: each for each in (session("a"), session("b", "a"), session("c", "b"))}
    nodes = {id_: Node([(id_, "")]) for id_ in sessions}
    top = list(nodes.values())
    hang(top, nodes, sessions)
    assert top == [nodes["a"]]
    assert nodes["a"].children == [nodes["b"]]
    assert nodes["b"].children == [nodes["c"]]
