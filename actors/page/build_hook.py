"""Called by hatchling when greenroom is built: puts the terminal library beside the page.

A build without a network succeeds all the same; the page then shows terminals as text.
"""

import runpy
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_VENDOR = Path(__file__).with_name("vendor.py")


class TerminalLibrary(BuildHookInterface):  # type: ignore[type-arg]  # of any configuration
    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Before anything is packed. `actors` itself is not to be imported while it is built."""
        vendor = runpy.run_path(str(_VENDOR))
        try:
            vendor["fetch"]()
        except vendor["NotFetched"] as error:
            self.app.display_warning(f"terminals will be shown as text: {error}")
        build_data["artifacts"].append("/actors/page/vendor")
