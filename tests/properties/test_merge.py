"""An edit by hand and our own changes: both come through, or it is said that they cannot."""

import json
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from actors.decisions import session as decisions
from actors.decisions import table
from actors.decisions.outside_edit import Change, EditRefused, merge
from storage import codec, fold
from storage.journal.frame import JournalEnd
from storage.records import event as e
from storage.records import request as r
from storage.records.session import Session
from storage.state import SessionState
from tests.actors.decisions import given as surroundings
from tests.properties.edited_sides import END, Json, Sides, fields, records, sides
from tests.properties.merge_oracle import Expected, cells, expected, told

KEY = "f" * 64
MADE: list[str] = []


def merged(
    of: Sides, ours: dict[str, Session], document: Json | None = None
) -> tuple[Change, ...] | EditRefused:
    return merge(
        base=records(of.base),
        listed=tuple(of.base),
        ours=ours,
        theirs=document or of.document,
        key=KEY,
        workspace="default",
        was_used=lambda name: name in ours,
        given=surroundings.given(),
        ends={name: codec.convert(END, JournalEnd) for name in of.base},
    )


def performed(changes: Iterable[Change], before: dict[str, Session]) -> dict[str, Session]:
    """What the commands come to; a worker that is to be deleted is gone when that is answered."""
    after = dict(before)
    around = surroundings.given(new_id=iter_ids(before))
    for change in changes:
        request = change.request
        if isinstance(request, r.DeleteSession):
            del after[request.session]
            continue
        if isinstance(request, r.CreateSession):
            assert change.allotted is not None
            assert change.allotted not in after
            name, state = change.allotted, SessionState()
            verdict = decisions.create(request, name, around)
        else:
            assert isinstance(request, r.OfSession)
            name, state = request.session, SessionState(session=after[request.session])
            verdict = table.decide(state, request, around)
        assert not isinstance(verdict, r.Refusal), verdict
        state = fold.apply_all(state, verdict.events, around.now)
        if isinstance(request, r.DeleteWorker) and state.record.worker(request.worker):
            state = fold.apply(state, e.WorkerDeleted(request.worker), around.now)
        after[name] = state.record
    return after


def iter_ids(before: dict[str, Session]) -> Any:
    """Ids that no earlier call gave: those of a second pass are others."""
    MADE.append("")
    count = surroundings.counting_ids()
    return lambda: f"pass{len(MADE)}-{count()}"


def as_json(of: dict[str, Session]) -> dict[str, Json]:
    whole: dict[str, Json] = codec.builtins(of)
    return whole


def require_expected(of: Sides, after: dict[str, Session], want: Expected) -> None:
    found = as_json(after)
    old = {name: entry for name, entry in found.items() if name in of.base or name in of.ours}
    for name, entry in old.items():
        before = {w["id"] for w in of.ours[name]["workers"]}
        before |= {w["id"] for w in of.base.get(name, {}).get("workers", [])}
        new = [worker for worker in entry["workers"] if worker["id"] not in before]
        entry["workers"] = [worker for worker in entry["workers"] if worker["id"] in before]
        require_workers(new, want.added.get(name, []))
    assert cells(old) == want.cells
    require_fresh([entry for name, entry in found.items() if name not in old], of.fresh)


def require_workers(found: list[Json], wanted: list[Json]) -> None:
    def shape(worker: Json, name: str) -> str:
        return told([worker["type"], name, worker.get("command"), worker.get("desired", "run")])

    named = {worker["name"] for worker in wanted if worker.get("name")}
    assert sorted(shape(w, w["name"] if w["name"] in named else "") for w in found) == sorted(
        shape(w, w.get("name") or "") for w in wanted
    )


def require_fresh(found: list[Json], wanted: list[Json]) -> None:
    def shape(entry: Json) -> str:
        config = {k: v for k, v in (entry.get("config") or {}).items() if v is not None}
        title = entry.get("title") or entry["location_path"].rpartition("/")[2]
        desired = entry.get("desired", "run")
        return told([title, entry["location_path"], desired, config, entry.get("metadata", {})])

    assert sorted(map(shape, found)) == sorted(map(shape, wanted))
    for entry in wanted:
        twins = [other for other in found if shape(other) == shape(entry)]
        workers = entry.get("workers")
        if workers is None:
            workers = [{"type": "conversation"}] if entry.get("config") is not None else []
        assert any(_has(twin["workers"], workers) for twin in twins)


def _has(found: list[Json], wanted: list[Json]) -> bool:
    try:
        require_workers(found, wanted)
    except AssertionError:
        return False
    return True


def assert_held(of: Sides, cut: int) -> None:
    ours = records(of.ours)
    before = codec.encode(ours)
    outcome, want = merged(of, ours), expected(of)
    assert codec.encode(ours) == before
    assert merged(of, ours) == outcome
    if isinstance(want, str):
        event("refused")
        assert isinstance(outcome, EditRefused), want
        return
    assert not isinstance(outcome, EditRefused), outcome
    event(f"{min(len(outcome), 3)} commands or more")
    after = performed(outcome, ours)
    require_expected(of, after, want)
    assert merged(of, after) == ()
    require_once(of, ours, outcome, cut)


def require_once(of: Sides, ours: dict[str, Session], whole: tuple[Change, ...], cut: int) -> None:
    """A crash after some of the commands: the file is merged again, and what is left is done."""
    assert len({change.position for change in whole}) == len(whole)
    want = expected(of)
    assert isinstance(want, Expected)
    part = performed(whole[: cut % (len(whole) + 1)], ours)
    rest = merged(of, part)
    assert not isinstance(rest, EditRefused), rest
    assert {change.position for change in rest} <= {change.position for change in whole}
    require_expected(of, performed(rest, part), want)


@given(of=sides(), cut=st.integers(0, 9))
@settings(max_examples=300)
def test_both_sides_come_through_or_the_edit_is_refused(of: Sides, cut: int) -> None:
    assert_held(of, cut)


@given(of=fields(), cut=st.integers(0, 9))
@settings(max_examples=300)
def test_both_sides_of_one_session_come_through_or_the_edit_is_refused(of: Sides, cut: int) -> None:
    assert_held(of, cut)


@pytest.mark.long
@pytest.mark.timeout(1800)
@given(of=sides(), cut=st.integers(0, 9))
@settings(max_examples=10_000)
def test_both_sides_come_through_ten_thousand_times(of: Sides, cut: int) -> None:
    assert_held(of, cut)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from(["", "a", "run", "terminal"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "name", "type", "workers", "x"]), inner)
    ),
    max_leaves=6,
)


@st.composite
def spoilt(draw: st.DrawFn) -> tuple[Sides, Json]:
    """Sides, and the document of theirs with one value anywhere in it made another."""
    of = draw(sides())
    document: Json = json.loads(json.dumps(of.document))
    inner: Any = document
    while True:
        key = draw(st.sampled_from(sorted(inner) if isinstance(inner, dict) else range(len(inner))))
        if not isinstance(inner[key], dict | list) or not inner[key] or draw(st.booleans()):
            break
        inner = inner[key]
    inner[key] = draw(JSON)
    return of, document


@given(pair=spoilt())
@settings(max_examples=300)
def test_whatever_stands_there_is_taken_or_refused_with_a_path(pair: tuple[Sides, Json]) -> None:
    of, document = pair
    outcome = merged(of, records(of.ours), document)
    if isinstance(outcome, EditRefused):
        assert outcome.path.startswith("$")
        assert outcome.reason
    else:
        performed(outcome, records(of.ours))
