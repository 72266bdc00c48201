"""What holds for every test: a bare environment, properties without deadlines, no actor left."""

import os
import signal
import sys
from collections.abc import Iterator

import pytest
from hypothesis import settings

# A busy machine makes an example slow without anything being wrong.
settings.register_profile("greenroom", deadline=None)
settings.load_profile("greenroom")

# Started in the background, we would have inherited these as ignored, and all our children with us.
for _number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
    if signal.getsignal(_number) == signal.SIG_IGN:
        _default = signal.default_int_handler if _number == signal.SIGINT else signal.SIG_DFL
        signal.signal(_number, _default)

# They speak to this machine alone: no HTTP client need read the certificates of the world, which
# takes longer than most tests.
os.environ.pop("SSL_CERT_FILE", None)
os.environ["SSL_CERT_DIR"] = os.devnull

# What a developer's shell, or a greenroom that the tests run in, would otherwise lend them.
_LENT = ("GREENROOM_", "ANTHROPIC_")


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(_LENT)]:
        monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def no_actor_left() -> Iterator[None]:
    """Every test stops the actors that it started."""
    yield
    pykka = sys.modules.get("pykka")
    if pykka is None:
        return
    left = pykka.ActorRegistry.get_all()
    if left:
        pykka.ActorRegistry.stop_all(timeout=5)
    assert left == []
