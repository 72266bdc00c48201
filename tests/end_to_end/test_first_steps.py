"""The first commands of the README, one straight after the other, as a new user types them."""

import json

from tests.end_to_end.conftest import House


def test_the_page_can_be_opened_at_once(house: House) -> None:
    house.run("start")
    assert "/#token=" in house.run("open", "--print").stdout
    for _ in range(3):
        house.run("restart")
        house.run("open", "--print")


def test_the_only_terminal_of_a_session_need_not_be_named(running: House) -> None:
    running.run("new", "--terminal", "--title", "app")
    assert "bytes typed" in running.run("type", "app", "echo $((6*7))").stdout
    running.wait(lambda: "\n42\n" in running.run("peek", "app").stdout, "what was typed")
    running.run("worker", "add", "app", "--terminal", "--name", "other")
    assert "app/other" in running.run("type", "app", "ls", expect=2).stderr


def test_a_shell_completes_the_workers_of_sessions(running: House) -> None:
    identity = running.json("new", "--terminal", "--title", "app")["data"]["id"]

    def offered(line: str) -> list[str]:
        found = running.run("completion", "fish", "--json", "--", f"greenroom {line}").stdout
        return [each["text"] for each in json.loads(found)["data"]["candidates"]]

    [worker] = offered("worker rm ")
    assert worker.startswith("app/")
    assert offered(f"attach {worker[:4]}") == offered("send app/") == [worker]
    assert offered("type a") == ["app"]
    assert offered("type app") == ["app", worker]
    assert offered(f"peek {identity}/") == [worker.replace("app", identity)]
