"""Section: the machine and the directory that the session works in.

Read when the prompt is built, from the process and from files; no program is run. Not volatile:
a branch or a manifest changes seldom, and then the cached prompt is simply written anew.
"""

import os
from pathlib import Path
from typing import ClassVar

from actors.prompt.git_head import current_branch
from actors.prompt.quoting import one_line, titled
from actors.prompt.tech_stack import tech_stack
from storage.records.prompt import SystemInfoSectionConfig


class SystemInfoSection:
    volatile: ClassVar[bool] = False

    def __init__(self, config: SystemInfoSectionConfig) -> None:
        self._config = config

    def build(self) -> str | None:
        directory = Path(self._config.cwd)
        facts = [
            *(_os_facts() if self._config.include_os_info else ()),
            ("Working directory", self._config.cwd),
            ("Git branch", current_branch(directory)),
        ]
        if self._config.include_tech_stack:
            facts.append(("Tech stack", ", ".join(tech_stack(directory))))
        lines = [f"- {name}: {one_line(value)}" for name, value in facts if value]
        return titled("System", "\n".join(lines))


def _os_facts() -> list[tuple[str, str | None]]:
    machine = os.uname()
    return [
        ("Operating system", f"{machine.sysname} {machine.release}"),
        ("Architecture", machine.machine),
        ("Shell", os.environ.get("SHELL")),
    ]
