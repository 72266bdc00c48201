"""Where the HTTP front listens: on this machine alone, but where the settings say all it takes."""

import ipaddress
import socket
from pathlib import Path

from storage import config_file, http_files
from storage.data_dir import DataDir
from storage.errors import FileRefused, StorageError
from storage.records.http_settings import HttpSettings


class CannotListen(StorageError):
    """The text says why, and what to write into config.toml."""

    code = "cannot-listen"


def settings_of(data: DataDir) -> HttpSettings:
    """Those of config.toml. CannotListen where they cannot be read."""
    try:
        return config_file.read(data.config).http
    except FileRefused as error:
        where = f" at {error.path}" if error.path else ""
        raise CannotListen(f"{data.config} cannot be used: {error}{where}") from error


def problem_of(data: DataDir) -> str | None:
    """Why the front can never listen as config.toml stands; known without trying it."""
    try:
        settings = settings_of(data)
        if settings.enabled:
            checked(settings)
    except CannotListen as error:
        return str(error)
    return None


def checked(settings: HttpSettings) -> None:
    """CannotListen for what would let others in unprotected."""
    if is_local(settings.host):
        return
    if not settings.expose:
        text = (
            f"http.host {settings.host} lets other machines in; set http.expose = true and"
            " a certificate in config.toml, or leave http.host out"
        )
        raise CannotListen(text)
    for name in ("tls_certificate", "tls_key"):
        path = getattr(settings, name)
        if path is None or not Path(path).is_file():
            text = f"http.expose needs TLS: http.{name} in config.toml must name a file in PEM"
            raise CannotListen(text)


def is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def listen(data: DataDir, settings: HttpSettings) -> socket.socket:
    """The port of the settings, else the kept one, else a free one. CannotListen, OSError."""
    host = "127.0.0.1" if settings.host == "localhost" else settings.host
    if settings.port:
        try:
            return _bound(host, settings.port)
        except OSError as error:
            text = f"{host}:{settings.port} cannot be had: {error.strerror}; change http.port"
            raise CannotListen(f"{text} in config.toml") from error
    kept = http_files.kept_port(data)
    try:
        return _bound(host, kept)
    except OSError:
        if not kept:
            raise
        return _bound(host, 0)


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, or asyncio would not know it for that, and each answer would wait some 40 ms.
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
        made.listen(512)
        made.setblocking(False)
    except BaseException:
        made.close()
        raise
    return made
