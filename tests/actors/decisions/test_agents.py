"""Agents: which definition holds, what the command line of each start is, what was given."""

from typing import Any

import pytest
from msgspec.structs import replace

from actors.built_in_agents import BUILT_IN
from actors.decisions import agents
from actors.messages import effects as f
from actors.messages import outcomes as o
from storage import fold
from storage.records import event as e
from storage.records import request as r
from storage.records.agent import CONVERSATION, PROMPT, AgentDefinition
from storage.records.process import ProcessExit
from storage.records.worker import AgentWorker
from storage.records.workspace import AgentSettings, WorkspaceSettings
from tests.actors.decisions.given import ID, NOW, Play, agent, answer, process, terminal

CLAUDE = next(one for one in BUILT_IN if one.id == "claude")


def of(agent_id: str, **fields: Any) -> Play:
    return Play.of(agent(agent=agent_id, **fields))


def worker_of(play: Play) -> AgentWorker:
    found = play.worker
    assert isinstance(found, AgentWorker)
    return found


def crashed(play: Play, evidence: str = "", code: int = 1) -> None:
    exit_ = ProcessExit(code=code, at=NOW, cause="crashed")
    play.decide(o.ProcessEnded(play.worker.id, exit_, epoch=0, evidence=evidence))


def starts_again(play: Play) -> tuple[str, ...]:
    """The arguments of the start after an end."""
    play.up(play.worker)
    return (worker_of(play).command or ())[1:]


# Definitions.


@pytest.mark.parametrize("one", BUILT_IN, ids=lambda one: one.id)
def test_what_is_built_in_says_where_ids_and_prompts_go(one: AgentDefinition) -> None:
    for words, placeholder in (
        (one.session_id_args, CONVERSATION),
        (one.resume_args, CONVERSATION),
        (one.prompt_args, PROMPT),
    ):
        assert not words or any(placeholder in word for word in words)
    assert one.continue_args
    assert one.asking
    assert one.install
    assert not any(name.startswith("GREENROOM_") for name in one.env)


def test_one_of_the_workspace_takes_the_place_of_a_built_in_one() -> None:
    own = AgentSettings(id="claude", name="Mine", command="mine")
    found = agents.known(WorkspaceSettings(agents=(own,)))
    assert list(found) == [one.id for one in BUILT_IN]
    assert found["claude"] == AgentDefinition(id="claude", name="Mine", command="mine")


# Starts.


def test_the_first_start_chooses_an_id_and_gives_the_prompt() -> None:
    worker = worker_of(of("claude", prompt="Look at {conversation}."))
    chosen = worker.conversation_id
    assert chosen is not None
    assert len(chosen) == 36
    expected = ("claude", "--session-id", chosen, "--", " Look at {conversation}.")
    assert worker.command == expected
    assert (worker.begun, worker.prompt_given) == (True, True)


def test_two_workers_have_two_conversations() -> None:
    play = Play.of(agent(agent="claude", name="a"), agent(agent="claude", name="b"))
    first, second = play.session.workers
    assert isinstance(first, AgentWorker)
    assert isinstance(second, AgentWorker)
    assert first.conversation_id != second.conversation_id


@pytest.mark.parametrize(
    ("agent_id", "wanted"),
    [
        ("claude", ("--resume", "{id}")),
        ("goose", ("session", "--resume", "--name", "{id}")),
        ("codex", ("resume", "--last")),
        ("aider", ("--restore-chat-history",)),
    ],
)
@pytest.mark.parametrize("cause", ["crashed", "lost", "shutdown", "stopped"])
def test_every_later_start_goes_on(agent_id: str, wanted: tuple[str, ...], cause: Any) -> None:
    play = of(agent_id)
    known_id = worker_of(play).conversation_id
    play.ends(cause)
    play.decide(r.StartWorker(session=ID, worker=play.worker.id))
    filled = tuple(word.replace("{id}", known_id or "") for word in wanted)
    assert starts_again(play) == filled
    assert worker_of(play).conversation_id == known_id


def test_a_start_that_failed_is_a_first_one_still() -> None:
    play = Play()
    play.create(worker=agent(agent="claude", prompt="Look."))
    play.decide(o.WorkerUp(play.worker.id))
    first = worker_of(play)
    play.decide(o.ProcessNotStarted(play.worker.id, 2, "no claude"))
    assert "npm install" in str(play.worker.last_error)
    assert (worker_of(play).begun, worker_of(play).prompt_given) == (False, False)
    play.decide(r.StartWorker(session=ID, worker=play.worker.id))
    play.up(play.worker)
    assert worker_of(play).command == first.command
    assert len(play.told(e.PromptGiven)) == 1


def test_a_start_that_nobody_saw_counts_when_its_end_is_seen() -> None:
    """The daemon was killed while the process began, and it was gone when the next one looked."""
    play = Play()
    play.create(worker=agent(agent="claude", prompt="Look."))
    play.decide(o.WorkerUp(play.worker.id))
    crashed(play)
    assert (worker_of(play).begun, worker_of(play).prompt_given) == (True, True)
    assert starts_again(play)[0] == "--resume"


def test_a_conversation_that_the_agent_does_not_know_is_given_up() -> None:
    play = of("claude", prompt="Look.")
    before = worker_of(play).conversation_id
    crashed(play, "No conversation found")
    assert worker_of(play).conversation_id == before  # it had not been asked to go on
    assert starts_again(play) == ("--resume", before)
    crashed(play, "exited with 1; its last output: No conversation found with session ID: x")
    arguments = starts_again(play)
    assert arguments[0] == "--session-id"
    assert worker_of(play).conversation_id not in {None, before}


def test_the_conversation_that_it_names_is_gone_on_with() -> None:
    play = of("claude")
    first = worker_of(play).conversation_id
    assert first is not None
    play.decide(o.ConversationTold(play.worker.id, first, ("1.json",)))
    assert play.told(e.ConversationFound) == []
    play.decide(o.ConversationTold(play.worker.id, "another", ("2.json",)))
    assert play.told(e.ConversationFound) == [e.ConversationFound(play.worker.id, "another")]
    taken = [effect.reports for effect in play.wanted(f.TakeReports)]
    assert taken == [("1.json",), ("2.json",)]
    crashed(play)
    assert starts_again(play) == ("--resume", "another")


def test_what_is_named_before_the_daemon_knows_of_a_process_is_gone_on_with() -> None:
    play = Play()
    play.create(worker=agent(agent="codex"))
    play.decide(o.WorkerUp(play.worker.id))
    play.decide(o.ConversationTold(play.worker.id, "its-own", ()))
    assert (worker_of(play).conversation_id, worker_of(play).begun) == ("its-own", True)
    assert play.replayed().record == play.session


def test_who_is_gone_names_nothing() -> None:
    play = of("claude")
    play.decide(o.ConversationTold("nobody", "another", ("1.json",)))
    assert play.told(e.ConversationFound) == []
    assert play.wanted(f.TakeReports) == [f.TakeReports("nobody", ("1.json",))]


@pytest.mark.parametrize("is_taken", [False, True])
def test_a_prompt_that_was_never_accepted_is_given_again_with_a_new_conversation(
    is_taken: bool,
) -> None:
    play = of("claude", prompt="Look.")
    if is_taken:
        for _ in range(2):
            play.decide(o.PromptTaken(play.worker.id))
        assert len(play.told(e.PromptTaken)) == 1
    crashed(play)
    assert starts_again(play)[0] == "--resume"
    crashed(play, "No conversation found")
    again = starts_again(play)
    assert ("Look." in again[-1]) is not is_taken
    assert again[0] == "--session-id"


def test_an_agent_without_hooks_gets_no_prompt_a_second_time() -> None:
    play = of("gemini", prompt="Look.")
    crashed(play)
    starts_again(play)
    crashed(play, "No previous sessions found")
    assert not any("Look." in word for word in starts_again(play))


def test_a_crash_for_another_reason_forgets_nothing() -> None:
    play = of("claude")
    before = worker_of(play).conversation_id
    for _ in range(3):
        crashed(play, "no network")
        assert starts_again(play) == ("--resume", before)


def test_boot_starts_what_was_shut_down_and_goes_on() -> None:
    play = of("claude")
    play.ends("shutdown")
    play.forget()
    play.boot()
    assert play.wanted(f.StartWorker)
    assert starts_again(play)[0] == "--resume"


def test_a_journal_tells_the_same() -> None:
    play = of("claude", prompt="Look.")
    crashed(play)
    starts_again(play)
    assert play.replayed() == play.state


# Which definition.


def defined(play: Play, **changes: Any) -> AgentDefinition:
    """As if the worker had been made when `workspace.json` said something else."""
    definition = replace(CLAUDE, **changes)
    play.state = fold.apply(play.state, e.AgentDefined(play.worker.id, definition), NOW)
    return definition


def test_it_keeps_its_definition_until_it_is_started_by_name() -> None:
    play = of("claude")
    earlier = defined(play, command="earlier")
    crashed(play)
    play.up(play.worker)
    assert (worker_of(play).definition, (worker_of(play).command or ())[0]) == (earlier, "earlier")
    play.decide(r.RestartWorker(session=ID, worker=play.worker.id))
    assert worker_of(play).definition == CLAUDE


def taken_over(agent_id: str) -> Play:
    play = Play.of(terminal())
    lost = AgentWorker(
        id="was", name="was", agent=agent_id, status="lost", begun=True, created_at=NOW
    )
    play.state = fold.apply(play.state, e.WorkerCreated(lost), NOW)
    return play


def test_one_that_was_taken_over_goes_on_when_it_is_started_by_name() -> None:
    play = taken_over("claude")
    play.boot()
    assert f.StartWorker("was") not in play.effects
    started = play.decide(r.StartWorker(session=ID, worker="was"))
    play.decide(o.WorkerUp("was"))
    play.decide(o.ProcessStarted("was", process(), adopted=False))
    assert answer(started, play.state).command == ("claude", "--continue")


@pytest.mark.parametrize("command", [r.StartWorker, r.RestartWorker])
def test_one_that_nobody_knows_is_not_started_and_nothing_in_its_place(command: Any) -> None:
    play = taken_over("nobody")
    before = play.session.worker("was")
    refusal = play.refused(command(session=ID, worker="was"))
    assert refusal.code == "agent-not-found"
    assert "workspace.json" in refusal.message
    updates = r.WorkerUpdates(desired="run")
    assert play.refused(r.UpdateWorker(session=ID, worker="was", updates=updates)).code
    for asked in (r.RestartSession, r.StopSession, r.StartSession):
        play.decide(asked(session=ID))
    play.boot()
    assert f.StartWorker("was") not in play.effects
    assert play.session.worker("was") == before


def test_an_agent_that_is_told_to_start_without_being_known_ends_with_the_reason() -> None:
    play = taken_over("nobody")
    play.decide(o.WorkerUp("was"))
    after = play.session.worker("was")
    assert after is not None
    assert (after.status, play.wanted(f.StartProcess)) == ("stopped", [])
    assert "nobody" in str(after.last_error)
