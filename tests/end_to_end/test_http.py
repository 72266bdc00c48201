"""The HTTP front of a real daemon, through kill -9 and stop."""

import httpx2

from tests.end_to_end.conftest import House

LETS_OTHERS_IN = "[http]\nhost = '0.0.0.0'\n"


def url_of(house: House) -> str:
    """Where it is served; LookupError while it is not."""
    url = house.status()["http"]["url"]
    if url is None:
        raise LookupError
    return str(url)


def test_after_kill_9_it_is_there_again_with_its_port_and_token(house: House) -> None:
    house.run("start")
    before = house.wait(lambda: url_of(house), "the HTTP front")
    token = (house.data / "run/token").read_text().strip()
    house.kill_daemon()
    assert house.wait(lambda: url_of(house), "the HTTP front") == before
    bearer = {"Authorization": f"Bearer {token}"}
    assert httpx2.get(f"{before}/healthz", headers=bearer).json() == {"status": "ok"}
    assert httpx2.get(f"{before}/metrics").status_code == 401
    house.run("stop")
    log = (house.data / "run/daemon.log").read_text()
    assert token not in log


def test_settings_that_can_never_work_are_told_by_start_and_status(house: House) -> None:
    house.data.mkdir(mode=0o700, exist_ok=True)
    config = house.data / "config.toml"
    config.write_text(LETS_OTHERS_IN)
    told = house.run("start").stderr
    assert "HTTP and the page are not served: http.host 0.0.0.0" in told
    assert "greenroom restart" in told
    http = house.status()["http"]
    assert http["url"] is None
    assert "http.expose" in http["problem"]
    shown = " ".join(house.run("status", expect=None).stdout.split())
    assert "lets other machines in" in shown
    refused = house.run("open", "--print", expect=1).stderr
    assert "http.expose" in refused
    config.unlink()
    assert "not served" not in house.run("restart").stderr
    house.wait(lambda: url_of(house), "the HTTP front")
    assert "problem" not in house.status()["http"]
