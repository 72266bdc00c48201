"""Links of the OpenAPI document: what can be asked of a thing that was just made."""

from typing import Any

from actors.http.asking import path_fields
from actors.http.calls import RestRow
from actors.http.route_table import Row


def operation_id(row: Row) -> str:
    words = [word.strip("{}") for word in row.path.split("/") if word not in {"", "api"}]
    return "-".join([row.method.lower(), *words])


def links(row: RestRow, place: str, rows: list[RestRow]) -> dict[str, Any]:
    """From what `row` makes at `place` to all that is below that place and needs nothing else."""
    made = place.split("/")
    found = {}
    for other in rows:
        parts = other.path.split("/")
        below, rest = parts[: len(made)], parts[len(made) :]
        if _is_same(made, below) and not path_fields("/".join(rest)):
            told = {
                name.strip("{}"): _source(own.strip("{}"), row)
                for own, name in zip(made, below, strict=True)
                if name.startswith("{")
            }
            found[operation_id(other)] = {"operationId": operation_id(other), "parameters": told}
    return found


def _is_same(made: list[str], path: list[str]) -> bool:
    """But for the names of what is filled in."""
    shapes = [["{}" if part.startswith("{") else part for part in one] for one in (made, path)]
    return shapes[0] == shapes[1]


def _source(name: str, row: RestRow) -> str:
    is_asked = name in path_fields(row.path)
    return f"$request.path.{name}" if is_asked else f"$response.body#/{name}"
