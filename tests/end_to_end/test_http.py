"""The HTTP front of a real daemon, through kill -9 and stop."""

import httpx2

from tests.end_to_end.conftest import House


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
