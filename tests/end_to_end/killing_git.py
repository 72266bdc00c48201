"""The real git, but that it kills the daemon before or after the first run with certain words."""

import shutil

from tests.end_to_end.conftest import House

_SCRIPT = """#!/bin/sh
step=$(cat "{armed}" 2>/dev/null)
kill_it() {{ rm -f "{armed}"; kill -9 "$(cat "{data}/run/daemon.pid")"; }}
case "$step" in
  "") exec "{git}" "$@";;
  before*) case "$*" in *"${{step#before }}"*) kill_it;; esac; exec "{git}" "$@";;
  after*) "{git}" "$@"; status=$?
    case "$*" in *"${{step#after }}"*) kill_it;; esac; exit $status;;
esac
"""


class KillingGit:
    """First on the PATH of a daemon that is started after it. Git itself goes on."""

    def __init__(self, house: House) -> None:
        self._armed = house.home / "armed"
        place = house.home / "bin"
        place.mkdir()
        program = place / "git"
        program.write_text(
            _SCRIPT.format(armed=self._armed, data=house.data, git=shutil.which("git"))
        )
        program.chmod(0o755)
        house.environ["PATH"] = f"{place}:{house.environ['PATH']}"

    def kill_at(self, when: str, words: str) -> None:
        """`when`: `before` or `after`; once."""
        self._armed.write_text(f"{when} {words}")
