"""What `[http]` of `config.toml` says: where the HTTP front listens. Every key is optional."""

from typing import Annotated

from msgspec import Meta, Struct

Port = Annotated[int, Meta(ge=0, le=65_535)]


class HttpSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`port` 0: a free one, which is kept and used again. `host`: an address of this machine alone
    unless `expose` says that others may come; then `tls_certificate` and `tls_key`, files in PEM,
    must be there. `names`: further names by which browsers reach it, without port.
    """

    enabled: bool = True
    host: str = "127.0.0.1"
    port: Port = 0
    names: tuple[str, ...] = ()
    expose: bool = False
    tls_certificate: str | None = None
    tls_key: str | None = None


class Config(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole of `config.toml`."""

    http: HttpSettings = HttpSettings()
