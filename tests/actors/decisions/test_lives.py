"""What must hold in every life of a session, whatever is said and happens, in any order."""

from hypothesis import settings
from hypothesis.stateful import invariant

from actors.decisions.history import valid_history
from actors.messages import effects as f
from storage import codec, fold
from storage.records.event import Event, SessionDeleted
from storage.records.worker import AgentWorker, ConversationWorker
from storage.state import SessionState
from tests.actors.decisions.lives import FIRST_PROMPT, OFTEN_ALIVE, Lives


class HeldLives(Lives):
    # What holds of every decision.

    def look(self, before: SessionState) -> None:
        super().look(before)
        assert not (before.deleted and self.play.events)
        for effect in self.play.effects:
            self.look_at_effect(effect, before)

    def look_at_effect(self, effect: f.Effect, before: SessionState) -> None:
        state = self.play.state
        worker_id = getattr(effect, "worker_id", None)
        if worker_id and not isinstance(effect, f.TakeExit | f.RemoveWorker):
            either = before if before.session else state
            assert either.record.worker(worker_id) or state.record.worker(worker_id)
        match effect:
            case f.StartProcess():
                worker = state.record.worker(effect.worker_id)
                assert worker is not None
                assert worker.desired == "run"
                assert worker.status == "starting"
                assert state.record.desired != "stopped"
                assert not state.deleting
                assert not self.play.closing
                if isinstance(worker, AgentWorker):
                    assert worker.command is not None
                    is_told = any(FIRST_PROMPT in word for word in worker.command)
                    assert not (worker.prompt_given and is_told)
            case f.StartWorker():
                worker = state.record.worker(effect.worker_id)
                assert worker is not None
                assert worker.status in OFTEN_ALIVE
            case f.AskModel():
                assert state.running is not None
                running, turn = state.running
                assert (running.id, turn.number) == (effect.response_id, effect.number)
                assert turn.status == "streaming"
                assert state.record.desired == "run"
            case f.CallTool():
                self.look_at_call(effect)
            case f.DisposeSession():
                assert state.deleted
            case _:
                pass

    def look_at_call(self, effect: f.CallTool) -> None:
        found = self.play.state.round(effect.response_id)
        assert found is not None
        assert found.is_open
        now = next(
            one
            for one in found.turns[-1].tool_calls
            if one.tool_call_id == effect.call.tool_call_id
        )
        assert now.status == "running"
        if now.name == "files.write":
            key = (effect.response_id, now.tool_call_id)
            assert key not in self.writes
            self.writes.add(key)

    # What holds of every state.

    @invariant()
    def replaying_the_journal_gives_the_live_state(self) -> None:
        assert self.from_json == self.play.state

    @invariant()
    def counters_are_those_of_what_is_counted(self) -> None:
        state = self.play.state
        assert state.record.open_requests == len(state.open_rounds)
        assert state.record.message_count == len(state.messages)
        assert state.record.status == fold.derived_status(state.record)

    @invariant()
    def ids_and_names_are_used_once(self) -> None:
        state = self.play.state
        for ids in (
            [message.id for message in state.messages],
            [one.id for one in (*state.rounds, *state.open_rounds)],
            [worker.id for worker in state.record.workers],
            [worker.name for worker in state.record.workers],
        ):
            assert len(set(ids)) == len(ids)

    @invariant()
    def at_most_the_oldest_round_runs_and_one_writer_in_it(self) -> None:
        state = self.play.state
        assert all(not one.turns and one.status == "queued" for one in state.open_rounds[1:])
        assert all(one.is_open for one in state.open_rounds)
        assert not any(one.is_open for one in state.rounds)
        if state.running:
            calls = state.running[1].tool_calls
            running = [c for c in calls if c.status == "running" and c.name != "files.read"]
            assert len(running) <= 1
        if state.record.desired != "run":
            assert state.running is None

    @invariant()
    def what_is_open_has_somebody_to_answer_it(self) -> None:
        record = self.play.state.record
        talkers = [w for w in record.workers if isinstance(w, ConversationWorker)]
        assert len(talkers) <= 1
        if record.open_requests:
            assert talkers
            assert talkers[0].desired == "run"
            assert talkers[0].status != "quarantined"

    @invariant()
    def a_round_that_runs_waits_for_something(self) -> None:
        if self.play.state.running:
            _, turn = self.play.state.running
            running = any(one.status == "running" for one in turn.tool_calls)
            assert turn.status == "streaming" or running

    @invariant()
    def a_deletion_ends_when_nothing_runs(self) -> None:
        state = self.play.state
        runs = any(
            not isinstance(worker, ConversationWorker) and worker.status in OFTEN_ALIVE
            for worker in state.record.workers
        )
        if state.deleting:
            assert state.deleted is not runs
            assert state.open_rounds == ()
        if state.deleted:
            assert isinstance(codec.decode(self.play.journal[-1], Event), SessionDeleted)

    @invariant()
    def the_history_can_be_sent(self) -> None:
        history = valid_history(tuple(self.play.state.messages))
        assert valid_history(history) == history


HeldLives.TestCase.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
TestLives = HeldLives.TestCase
