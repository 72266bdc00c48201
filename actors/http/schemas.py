"""JSON schemas of messages and answers for the OpenAPI document, out of the types themselves."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from actors.http.asking import path_fields
from actors.http.calls import DEFAULTS, KINDS
from storage import typed

TEMPLATE = "#/components/schemas/{name}"
_MONEY = {"type": "string", "format": "decimal"}


class Schemas:
    """`named` are those that others refer to. `SHAPES` of `answer_shapes.py` are the answers'."""

    def __init__(self, requests: Iterable[str], shapes: Mapping[str, tuple[Any, ...]]) -> None:
        types = list(dict.fromkeys(requests))
        results = [kind for name in types for kind in shapes[name]]
        wanted = [*(KINDS[name] for name in types), *results]
        schemas, named = typed.json_schemas(wanted, TEMPLATE)
        self.named: dict[str, Any] = {name: _mended(one) for name, one in named.items()}
        mended = iter([_mended(one) for one in schemas])
        self._messages = {name: self._whole(next(mended)) for name in types}
        self._results = {name: [next(mended) for _ in shapes[name]] for name in types}
        for name in types:
            self.named.pop(KINDS[name].__name__)
        self._add_untagged()

    def _add_untagged(self) -> None:
        """What can be of one type alone need not name it: msgspec takes it without."""
        messages = list(self._messages.values())
        alone = {ref for one in (messages, self.named) for ref in _alone(one)}
        for name in alone:
            told = self.named[name]
            tag = told.get("properties", {}).get("type", {}).get("enum", ())
            if "type" in told.get("required", ()) and len(tag) == 1:
                others = [field for field in told["required"] if field != "type"]
                self.named[f"{name}Alone"] = {**told, "required": others}
        for one in (messages, self.named):
            for place in _alone_places(one):
                if f"{_name(place)}Alone" in self.named:
                    place["$ref"] += "Alone"

    def _whole(self, schema: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = self.named[schema["$ref"].rpartition("/")[2]]
        return found

    def fields(self, kind: str) -> dict[str, Any]:
        """By name, what each field of a message may be."""
        found: dict[str, Any] = self._messages[kind]["properties"]
        return found

    def required(self, kind: str, path: str) -> list[str]:
        """The fields of a message that neither its path nor its route says."""
        known = {"type", *path_fields(path)}
        return [name for name in self._messages[kind]["required"] if name not in known]

    def about(self, kind: str) -> str:
        text: str = self._messages[kind].get("description", "")
        return " ".join(text.split())

    def body(self, kind: str, path: str) -> dict[str, Any]:
        """A message without what the path says; its `type` may be left out."""
        apart = path_fields(path)
        fields = {name: one for name, one in self.fields(kind).items() if name not in apart}
        for name, value in DEFAULTS.get(kind, {}).items():
            fields[name] = {**fields[name], "default": value}
        return {
            "type": "object",
            "properties": fields,
            "required": self.required(kind, path),
            "additionalProperties": False,
        }

    def answer(self, kind: str) -> dict[str, Any]:
        """What is answered."""
        first, *others = self._results[kind]
        return {"anyOf": [first, *others]} if others else first


def _name(ref: dict[str, Any]) -> str:
    return str(ref["$ref"]).rpartition("/")[2]


def _alone(schema: Any) -> set[str]:
    return {_name(place) for place in _alone_places(schema)}


def _alone_places(schema: Any) -> Iterator[dict[str, Any]]:
    """Each reference that is not one of several types which only their tags tell apart."""
    if isinstance(schema, list):
        for one in schema:
            yield from _alone_places(one)
    elif isinstance(schema, dict):
        if "$ref" in schema:
            yield schema
        is_choice = "discriminator" in schema
        for name, value in schema.items():
            if not (is_choice and name in {"anyOf", "discriminator"}):
                yield from _alone_places(value)


def without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """The same for a place where null cannot stand, as in a query."""
    others = {name: value for name, value in schema.items() if name not in {"anyOf", "default"}}
    if schema.get("default") is not None:
        others["default"] = schema["default"]
    options = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    if len(options) == 1:
        return {**others, **options[0]}
    return {**others, "anyOf": options} if options else others


def _mended(schema: Any) -> Any:
    """Money is a number in our JSON, whatever msgspec writes of decimals."""
    if isinstance(schema, list):
        return [_mended(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.items() >= _MONEY.items():
        others = {name: value for name, value in schema.items() if name not in _MONEY}
        return {"type": "number", **others}
    return {name: _mended(value) for name, value in schema.items()}
