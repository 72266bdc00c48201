"""The providers of models by name, made when first used and again when their settings change."""

import asyncio
from collections.abc import Callable, Mapping

from actors.conversations.text_tools import TextToolModel
from actors.decisions.models import CONFIG_IS_SET
from actors.ports import ModelError, ModelProvider
from actors.redactor import Redactor
from storage.records.workspace import ProviderSettings, WorkspaceSettings

OF_SESSION = f"config.provider {CONFIG_IS_SET}"
MakeProvider = Callable[[ProviderSettings, Mapping[str, str]], ModelProvider]


class Models:
    """`provider` is for the I/O loop only."""

    def __init__(
        self,
        makers: Mapping[str, MakeProvider],
        environ: Mapping[str, str],
        redactor: Redactor | None = None,
    ) -> None:
        self._makers = makers
        self._redactor = redactor or Redactor()
        self._environ = environ
        self._made: dict[tuple[str, str], tuple[ProviderSettings, ModelProvider]] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    def problem(self, name: str, settings: WorkspaceSettings) -> ModelError | None:
        """Why a provider cannot be used as things stand. From any thread; asks nobody."""
        try:
            return self._make(name, settings).problem()
        except ModelError as error:
            return error

    def _make(self, name: str, settings: WorkspaceSettings) -> ModelProvider:
        wanted = _settings_of(name, settings)
        make = self._makers.get(name)
        if make is None:
            known = ", ".join(sorted(self._makers))
            of_workspace = name == settings.models.active
            setting = "models.active of workspace.json" if of_workspace else OF_SESSION
            text = f"there is no provider {name}; set {setting} to one of: {known}"
            raise ModelError(text, code="provider-unavailable")
        self._redactor.know([self._environ.get(wanted.api_key_env or "", "")])
        provider = make(wanted, self._environ)
        return TextToolModel(provider) if wanted.tool_mode == "text" else provider

    def provider(self, workspace: str, name: str, settings: WorkspaceSettings) -> ModelProvider:
        """ModelError `provider-unavailable` for a name without an adapter.

        One whose settings have changed is closed; calls that it is at go on to their end.
        """
        loop = asyncio.get_running_loop()
        if loop is not self._loop:  # what was made on an earlier one is bound to it
            self._loop, self._made, self._closing = loop, {}, set()
        wanted = _settings_of(name, settings)
        made = self._made.get((workspace, name))
        if made is None or made[0] != wanted:
            provider = self._make(name, settings)
            self._made[workspace, name] = wanted, provider
            if made is not None:
                self._close(made[1])
            return provider
        return made[1]

    def _close(self, replaced: ModelProvider) -> None:
        task = asyncio.ensure_future(replaced.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)


def _settings_of(name: str, settings: WorkspaceSettings) -> ProviderSettings:
    return settings.models.providers.get(name, ProviderSettings())
