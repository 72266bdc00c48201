"""The providers of models by name, made when first used and again when their settings change."""

import asyncio
from collections.abc import Callable, Mapping

from actors.ports import ModelError, ModelProvider
from storage.records.workspace import ProviderSettings, WorkspaceSettings

MakeProvider = Callable[[ProviderSettings, Mapping[str, str]], ModelProvider]


class Models:
    """`provider` is for the I/O loop only."""

    def __init__(self, makers: Mapping[str, MakeProvider], environ: Mapping[str, str]) -> None:
        self._makers = makers
        self._environ = environ
        self._made: dict[tuple[str, str], tuple[ProviderSettings, ModelProvider]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def problem(self, name: str, settings: WorkspaceSettings) -> ModelError | None:
        """Why a provider cannot be used as things stand. From any thread; asks nobody."""
        try:
            return self._make(name, settings).problem()
        except ModelError as error:
            return error

    def _make(self, name: str, settings: WorkspaceSettings) -> ModelProvider:
        make = self._makers.get(name)
        if make is None:
            known = ", ".join(sorted(self._makers))
            text = f"there is no provider {name}; set config.provider to one of: {known}"
            raise ModelError(text, code="provider-unavailable")
        return make(settings.models.providers.get(name, ProviderSettings()), self._environ)

    def provider(self, workspace: str, name: str, settings: WorkspaceSettings) -> ModelProvider:
        """ModelError `provider-unavailable` for a name without an adapter."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:  # what was made on an earlier one is bound to it
            self._loop, self._made = loop, {}
        wanted = settings.models.providers.get(name, ProviderSettings())
        made = self._made.get((workspace, name))
        if made is None or made[0] != wanted:
            made = wanted, self._make(name, settings)
            self._made[workspace, name] = made
        return made[1]
