"""What `workspace.json` says. Every key is optional; a missing file means all the defaults."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from storage.records.agent import AgentDefinition
from storage.records.config import Budget

DEFAULT_MODEL = "claude-sonnet-5-5"
Decision = Literal["allow", "deny", "ask"]


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
    """`api_key_env` names an environment variable; `script` is a file of the scripted model."""

    base_url: str | None = None
    api_key_env: str | None = None
    default_model: str | None = None
    script: str | None = None


class ModelSettings(_Section, frozen=True, kw_only=True):
    active: str = "anthropic"
    providers: dict[str, ProviderSettings] = {}


class McpServerSettings(_Section, frozen=True, kw_only=True):
    """A server by `command` (over stdio) or by `url`. `auto_approve`: tool patterns, or true."""

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
    id: str
    server: str
    tool: str
    params: dict[str, Any] = {}
    refresh: RefreshSettings = RefreshSettings()
    required: bool = False


class PermissionRule(_Section, frozen=True, kw_only=True):
    """`tool` and the values of `arguments` are glob patterns; the first match decides."""

    tool: str
    arguments: dict[str, str] = {}
    decision: Decision


class PermissionSettings(_Section, frozen=True, kw_only=True):
    rules: tuple[PermissionRule, ...] = ()
    deadline_seconds: Annotated[float, Meta(gt=0)] = 300.0


Seconds = Annotated[float, Meta(gt=0, le=3600)]


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
    activity: ActivityTimes = ActivityTimes()
    agents: tuple[AgentSettings, ...] = ()
    budget: Budget | None = None
