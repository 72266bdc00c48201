from pathlib import Path

from actors.edits.errand import AT_ONCE, MOST_WAITS, Errand
from actors.edits.plan import Plan, Task, request_id
from storage.edit_claims import Claim
from storage.records import request as r

CLAIM = Claim(7, Path("sessions-7.json"))
GOOD = r.Answer(id=None, type="update-session", ok=True)


def errand(*sessions: str) -> Errand:
    tasks = tuple(
        Task(position=position, request=r.UpdateSession(session=name, updates={}))
        for position, name in enumerate(sessions)
    )
    return Errand(CLAIM, Plan(sha256="abc", tasks=tasks), None, again=False)


def refused(code: str) -> r.Answer:
    error = r.Refusal(code=code, message=f"no: {code}")
    return r.Answer(id=None, type="update-session", ok=False, error=error)


def positions(made: Errand) -> list[int]:
    return [task.position for task in made.next()]


def test_tasks_of_one_session_go_one_after_another() -> None:
    made = errand("a", "b", "a", "a")
    assert positions(made) == [0, 1]
    assert positions(made) == []
    made.answered(0, GOOD)
    assert positions(made) == [2]
    made.answered(1, GOOD)
    assert positions(made) == []
    made.answered(2, refused("storage-full"))
    assert positions(made) == [3]
    assert not made.is_done
    made.answered(3, GOOD)
    assert made.is_done
    assert [(task.position, text) for task, text in made.refused] == [(2, "no: storage-full")]


def test_only_so_many_sessions_are_worked_on_at_once() -> None:
    made = errand(*(f"session{number}" for number in range(3 * AT_ONCE)))
    assert len(positions(made)) == AT_ONCE
    made.answered(0, GOOD)
    assert positions(made) == [AT_ONCE]


def test_a_session_that_was_made_before_is_no_refusal() -> None:
    made = errand("a", "b")
    for position in positions(made):
        made.answered(position, refused("session-exists"))
    assert made.is_done
    assert made.refused == []


def test_a_task_is_known_while_it_has_no_answer() -> None:
    made = errand("a")
    assert made.task(0) is None
    positions(made)
    assert made.task(0) is not None
    made.answered(0, GOOD)
    assert made.task(0) is None


def test_a_task_that_makes_a_session_belongs_to_it() -> None:
    creation = r.CreateSession(location_path="/tmp")
    task = Task(position=0, request=creation, allotted="abcdefghijkl")
    assert task.session_id == "abcdefghijkl"
    assert Task(position=0, request=r.ListSessions()).session_id == ""


def test_a_request_id_is_that_of_one_task_of_one_claim() -> None:
    task, other = (Task(position=n, request=r.ListSessions()) for n in (1, 2))
    plan = Plan(sha256="0123456789abcdef0123", tasks=(task, other))
    assert request_id(CLAIM, plan, task) == "edit-7-0123456789abcdef-1"
    assert request_id(CLAIM, plan, task) != request_id(CLAIM, plan, other)


def test_what_finds_no_room_again_and_again_waits_no_more() -> None:
    made = errand("a", "b")
    assert positions(made) == [0, 1]
    assert [made.may_wait(0) for _ in range(MOST_WAITS + 1)] == [*[True] * MOST_WAITS, False]
    assert made.may_wait(1)
