"""What `workspace.json` says. Every key is optional; a missing file means all the defaults."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from storage.records.agent import AgentDefinition
from storage.records.config import StrictBudget

DEFAULT_MODEL = "claude-sonnet-5-5"
Decision = Literal["allow", "deny", "ask"]
Seconds = Annotated[float, Meta(gt=0, le=3600)]


class _Section(
    Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
): ...


class PromptSettings(_Section, frozen=True, kw_only=True):
    instructions: str = "You are a careful assistant at work in the directory given below."
    capabilities: str | None = None
    rules: str | None = None
    include_workspace_metadata: bool = True
    include_system_info: bool = True
    include_date_time: bool = True


class ProviderSettings(_Section, frozen=True, kw_only=True):
    """`api_key_env` names an environment variable; `script` is a file of the scripted model.

    `tool_mode` `text` is for models without tools: they are told of them in the prompt, and call
    them in their text. `silence_seconds`: a stream that says nothing for so long is broken.
    """

    base_url: str | None = None
    api_key_env: str | None = None
    default_model: str | None = None
    script: str | None = None
    tool_mode: Literal["native", "text"] = "native"
    silence_seconds: Annotated[float, Meta(gt=0)] = 300.0


class ModelSettings(_Section, frozen=True, kw_only=True):
    active: str = "anthropic"
    providers: dict[str, ProviderSettings] = {}


class McpServerSettings(_Section, frozen=True, kw_only=True):
    """A server by `command` (over stdio) or by `url`. `auto_approve`: tool patterns, or true.

    `timeout_seconds`: how long one call of a tool may take.
    """

    command: str | None = None
    args: tuple[str, ...] = ()
    env: dict[str, str] = {}
    cwd: str | None = None
    url: str | None = None
    headers: dict[str, str] = {}
    scope: Literal["session", "workspace"] = "session"
    disabled: bool = False
    auto_approve: bool | tuple[str, ...] = False
    trust_hints: bool = False
    protocol: Literal["auto", "legacy"] = "auto"
    timeout_seconds: Annotated[float, Meta(gt=0, le=86_400)] = 600.0


class FileSettings(_Section, frozen=True, kw_only=True):
    """`path` (relative ones start at workspace.json) or `content`."""

    name: str
    path: str | None = None
    content: str | None = None
    active: bool = True


class RefreshSettings(_Section, frozen=True, kw_only=True):
    enabled: bool = True
    interval_seconds: Annotated[float, Meta(gt=0)] | None = None
    on_demand: bool = False


class DynamicContextSettings(_Section, frozen=True, kw_only=True):
    """A tool to call for the prompt. `{{location_path}}` in `params` is the session's directory.

    A result holds for one request; with `refresh.interval_seconds` until it is that old; with
    `on_demand`, or with `enabled` false, until somebody asks for others. If it fails, the prompt
    says so, or with `required` the request fails.
    """

    id: str
    server: str
    tool: str
    params: dict[str, Any] = {}
    refresh: RefreshSettings = RefreshSettings()
    required: bool = False
    timeout_seconds: Seconds = 10.0


class PermissionRule(_Section, frozen=True, kw_only=True):
    """`tool` and the values of `arguments` are glob patterns; the first match decides."""

    tool: str
    arguments: dict[str, str] = {}
    decision: Decision


class PermissionSettings(_Section, frozen=True, kw_only=True):
    """`deadline_seconds`: how long an answer is waited for, a year at most."""

    rules: tuple[PermissionRule, ...] = ()
    deadline_seconds: Annotated[float, Meta(gt=0, le=365 * 86400)] = 300.0


class ConversationSettings(_Section, frozen=True, kw_only=True):
    """When a request is ended that does not come to an end by itself.

    `loop_limit`: the same tool call with the same result so often in a row; null lets it go on.
    `turn_limit`: so many calls of the model. `usage_limit_wait_seconds`: so long a turn waits for
    a usage limit of the provider to end; one that ends later fails the request.
    """

    loop_limit: Annotated[int, Meta(ge=2, le=1000)] | None = 3
    turn_limit: Annotated[int, Meta(ge=1, le=100_000)] = 50
    usage_limit_wait_seconds: Annotated[float, Meta(ge=0, le=604_800)] = 21_600.0


class ActivityTimes(_Section, frozen=True, kw_only=True):
    """When a program in a terminal counts as active or idle. In seconds, but `active_bytes`.

    It is active when `active_bytes` came within `rate_seconds`, over `sustained_seconds` at least:
    a burst is none. It is idle after `silence_seconds` without output. What comes within
    `echo_seconds` of a key is that key's echo. The screen is settled after `settle_seconds`
    without output; while there is no end of that, it is looked at every `look_seconds`, and after
    `answered_seconds` when somebody typed at a question. A report that it is active is believed for
    `report_seconds` without output, or `silence_seconds` when somebody typed since.
    """

    rate_seconds: Seconds = 2.0
    active_bytes: Annotated[int, Meta(ge=1, le=1 << 20)] = 16
    sustained_seconds: Seconds = 0.5
    silence_seconds: Seconds = 2.0
    echo_seconds: Seconds = 0.3
    settle_seconds: Seconds = 0.4
    look_seconds: Seconds = 3.0
    answered_seconds: Seconds = 1.0
    report_seconds: Seconds = 10.0


class AgentSettings(AgentDefinition, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An agent as it may be written by hand: nothing that definitions do not have."""


class WorktreeSettings(_Section, frozen=True, kw_only=True):
    """`root`: where worktrees lie (a relative one starts at workspace.json); else `worktrees/` of
    the data directory. `trust_setup`: the set-up command that a repository names is run at once.
    `keep_rounds`: the files at the end of each round are kept in git, for forks.
    """

    root: Annotated[str, Meta(min_length=1, max_length=4096)] | None = None
    trust_setup: bool = False
    keep_rounds: bool = True


class WorkspaceSettings(_Section, frozen=True, kw_only=True):
    name: str = "default"
    description: str | None = None
    prompt: PromptSettings = PromptSettings()
    models: ModelSettings = ModelSettings()
    mcp_servers: dict[
        Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,40}$")], McpServerSettings
    ] = {}
    files: tuple[FileSettings, ...] = ()
    dynamic_context: tuple[DynamicContextSettings, ...] = ()
    permissions: PermissionSettings = PermissionSettings()
    conversation: ConversationSettings = ConversationSettings()
    activity: ActivityTimes = ActivityTimes()
    agents: tuple[AgentSettings, ...] = ()
    budget: StrictBudget | None = None
    worktrees: WorktreeSettings = WorktreeSettings()
