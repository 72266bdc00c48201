"""An example of the body of each message that takes more than its path says."""

from collections.abc import Mapping
from typing import Any

EXAMPLES: Mapping[str, dict[str, Any]] = {
    "create-session": {
        "location_path": "/home/me/project",
        "title": "night work",
        "worker": {"type": "agent", "agent": "claude"},
        "prompt": "Mend the failing test.",
    },
    "update-session": {"updates": {"title": "day work"}},
    "fork-session": {"title": "another way"},
    "add-message": {"message": {"role": "user", "content": "The tests are in tests/."}},
    "update-message": {"updates": {"metadata": {"seen": True}}},
    "update-token-metrics": {"prompt_tokens": 1200, "completion_tokens": 80},
    "request": {"content": "What is open?"},
    "create-worker": {"worker": {"type": "terminal", "name": "build", "command": ["make", "-k"]}},
    "update-worker": {"updates": {"restart": "always"}},
    "write-input": {"data": "git status\r"},
    "resize-worker": {"cols": 120, "rows": 40},
    "set-timer": {"message": "Look at the build again.", "in_seconds": 600},
    "answer-permission": {"decision": "allow", "remember": True},
}
