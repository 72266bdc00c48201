import errno
import os
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from actors.adapters.system_clock import SystemClock
from actors.boot import surroundings
from actors.sessions.checks import cannot_create, cannot_run
from actors.surroundings import Surroundings
from storage import attachments, codec
from storage.data_dir import DataDir
from storage.records import request as r
from storage.records.message import ImageContent, ToolResultContent
from tests.storage.histories import session


@pytest.fixture
def around(tmp_path: Path) -> Surroundings:
    data = DataDir(tmp_path / "data")
    data.lock().release()
    data.prepare()
    return surroundings(data, {"PATH": os.environ["PATH"]}, SystemClock())


def terminal(*command: str, **fields: Any) -> r.CreateWorkerRequest:
    return r.CreateWorkerRequest(type="terminal", command=command or None, **fields)


def creation(location: object, worker: r.CreateWorkerRequest | None = None) -> r.CreateSession:
    return r.CreateSession(location_path=str(location), worker=worker)


def refusal(found: r.Refusal | None) -> r.Refusal:
    assert found is not None
    return found


def test_a_directory_and_a_program_that_are_there_will_do(
    around: Surroundings, tmp_path: Path
) -> None:
    for worker in (None, terminal(), terminal("sh"), terminal("/bin/sh", "-c", "true")):
        assert cannot_create(creation(tmp_path, worker), around) is None
    assert cannot_create(r.CreateSession(), around) is None  # said by the decision


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("somewhere", "not an absolute path"),
        ("", "not an absolute path"),
        ("/no/such/place", "does not exist"),
        ("/bin/sh", "not a directory"),
        ("/tmp\0x", "does not exist"),
        (f"/{'a' * 5000}", "does not exist"),
    ],
)
def test_a_place_that_cannot_be_worked_in_is_refused(
    around: Surroundings, location: str, reason: str
) -> None:
    found = refusal(cannot_create(creation(location), around))
    assert (found.code, found.path) == ("bad-location", "$.location_path")
    assert reason in found.message
    assert len(found.message) < 500


def test_a_workspace_that_is_not_there_is_refused_with_those_that_are(
    around: Surroundings,
) -> None:
    found = refusal(cannot_create(r.CreateSession(workspace="other"), around))
    assert (found.code, found.path) == ("workspace-not-found", "$.workspace")
    assert "default" in found.message


@pytest.mark.parametrize(
    ("program", "number"),
    [
        ("no-such-program", errno.ENOENT),
        ("/no/such/program", errno.ENOENT),
        ("./script", errno.EACCES),
        ("x" * 5000, errno.ENOENT),
        (f"/{'x' * 5000}", errno.ENOENT),
        ("sh\0", errno.ENOENT),
        ("", errno.ENOENT),
    ],
)
def test_a_program_that_cannot_be_run_is_refused_with_its_errno(
    around: Surroundings, tmp_path: Path, program: str, number: int
) -> None:
    tmp_path.joinpath("script").write_text("no program")
    found = refusal(cannot_create(creation(tmp_path, terminal(program)), around))
    assert (found.code, found.path) == ("spawn-failed", "$.worker.command")
    assert found.data == {"errno": number}


def test_a_program_is_looked_for_where_its_own_path_leads(
    around: Surroundings, tmp_path: Path
) -> None:
    program = tmp_path / "tool"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o700)
    assert cannot_create(creation(tmp_path, terminal("./tool")), around) is None
    worker = terminal("tool", env={"PATH": str(tmp_path)})
    assert cannot_create(creation("/", worker), around) is None
    assert cannot_create(creation("/", terminal("tool")), around) is not None


def test_a_name_in_the_daemons_own_directory_is_no_program(
    around: Surroundings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    tmp_path.joinpath("tool").touch()
    found = refusal(cannot_create(creation("/", terminal("tool")), around))
    assert found.data == {"errno": errno.ENOENT}


def test_a_conversation_needs_no_program(around: Surroundings, tmp_path: Path) -> None:
    talker = r.CreateWorkerRequest(type="conversation")
    assert cannot_create(creation(tmp_path, talker), around) is None
    made = session()
    request = r.CreateWorker(session=made.id, worker=talker)
    assert cannot_run(request, made, around) is None
    assert cannot_run(r.PauseSession(session=made.id), made, around) is None


def test_a_worker_needs_that_its_sessions_directory_is_still_there(around: Surroundings) -> None:
    made = replace(session(), location_path="/no/such/place")
    found = refusal(cannot_run(r.CreateWorker(session=made.id, worker=terminal()), made, around))
    assert (found.code, found.path) == ("bad-location", None)
    found = refusal(
        cannot_run(r.CreateWorker(session="x", worker=terminal("no")), session(), around)
    )
    assert found.code == "spawn-failed"


def test_only_an_attachment_of_the_session_can_be_named(around: Surroundings) -> None:
    made = session()
    place = around.data.session(made.workspace, made.id)
    one = attachments.Attachment("b" * 64, b"content")
    place.mkdir()
    attachments.write(place, [one])
    image = ImageContent(url=f"{attachments.SCHEME}{one.sha256}")
    builtin = codec.builtins([image])
    for url, path in ((image.url, None), (f"{attachments.SCHEME}{'a' * 64}", "refused")):
        content = (replace(image, url=url),)
        builtin[0]["url"] = url
        tool = ToolResultContent(
            tool_call_id="x", content="", attachment=url.removeprefix(attachments.SCHEME)
        )
        for request, where in (
            (r.AddMessage(session=made.id, message=r.NewMessage(role="user", content=content)),
             "$.message.content"),
            (r.AddMessage(session=made.id, message=r.NewMessage(role="tool", content=(tool,))),
             "$.message.content"),
            (r.UpdateMessage(session=made.id, message_id="m", updates={"content": builtin}),
             "$.updates.content"),
        ):  # fmt: skip
            found = cannot_run(request, made, around)
            assert (found is None) is (path is None)
            if found:
                assert (found.code, found.path) == ("bad-request", where)
                assert "send what is in it instead" in found.message
    asked = r.Request(session=made.id, content=(replace(image, url=f"{attachments.SCHEME}../x"),))
    assert refusal(cannot_run(asked, made, around)).path == "$.content"
    text = r.AddMessage(session=made.id, message=r.NewMessage(role="user", content="attachment:x"))
    assert cannot_run(text, made, around) is None


def test_without_readable_settings_conversations_and_agents_are_refused_and_shells_are_not(
    around: Surroundings, tmp_path: Path
) -> None:
    around.data.workspace_file("default").write_text("{")
    agent = r.CreateWorkerRequest(type="agent", agent="claude")
    talk = r.CreateSession(location_path=str(tmp_path), prompt="hello")
    for asked in (talk, creation(tmp_path, agent)):
        assert refusal(cannot_create(asked, around)).code == "settings-unreadable"
    assert cannot_create(creation(tmp_path, terminal("sh")), around) is None
