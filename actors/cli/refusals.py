"""The daemon's no, said for people: its validator's texts become sentences that name the field.

Whatever it does not know is passed on as it came. The answer itself is never changed.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Json = dict[str, Any]

FIELDS = {"location_path": "directory", "content": "message", "data": "text"}
KINDS = {"str": "text", "int": "a whole number", "float": "a number", "bool": "true or false",
         "array": "a list", "object": "an object", "null": "nothing"}  # fmt: skip
NAME_FORM = "letters, digits, spaces and . _ - only, at most 100, beginning with a letter or digit"
ITS_ID = (
    "it is what `greenroom send --no-wait` said, and the `id` of a round in:"
    " greenroom history SESSION --json"
)
LIFTING = "null lifts the limit"
SHOWN_CANDIDATES = 10


def said(error: Json) -> str:
    """The error of an answer in one sentence, with what an ambiguous reference could mean."""
    message = str(error.get("message") or "refused, without a reason")
    message = message.replace(LIFTING, "none lifts it")
    if error.get("path"):
        message = _validated(message, str(error["path"]))
    says_more = "see: greenroom" in message or "greenroom ls" in message
    if error.get("code") == "session-not-found" and not says_more:
        message = f"{message}; see: greenroom ls, or greenroom trash"
    if error.get("code") == "response-not-found":
        message = f"{message}; {ITS_ID}"
    return _with_candidates(message, (error.get("data") or {}).get("candidates") or [])


def _validated(message: str, path: str) -> str:
    last = path.rpartition(".")[2].partition("[")[0]
    field = FIELDS.get(last, last)
    if message.startswith("Object ") and message.endswith("`"):
        return _of_object(message)
    if message.startswith("'") and " is none of: " in message:
        return f"{field}: {message}"
    if not message.startswith("Expected `"):
        return message
    kind, _, rest = message.removeprefix("Expected `").partition("`")
    return f"{field}: {_expected(field, kind, rest.strip(' ,'))}"


def _of_object(message: str) -> str:
    field = message.split("`")[1]
    if "missing required" in message:
        return f"{FIELDS.get(field, field)} is missing"
    return f"the daemon does not know {field!r}; an older one may run: greenroom restart"


def _expected(field: str, kind: str, rest: str) -> str:
    words = rest.split()
    unit = "characters" if kind == "str" else "entries"
    if rest == "of length >= 1":
        return "must not be empty"
    if rest.startswith("of length ") and len(words) == 4:
        return f"{'at most' if words[2] == '<=' else 'at least'} {words[3]} {unit}"
    if rest.startswith("matching regex"):
        return NAME_FORM if field == "name" else "has characters that it may not have"
    if rest.startswith((">= ", "<= ")):
        return f"{words[1]} or {'more' if words[0] == '>=' else 'less'}"
    kinds = [each for each in kind.split(" | ") if each != "null"] or [kind]
    return f"must be {' or '.join(KINDS.get(each, each) for each in kinds)}"


def _with_candidates(message: str, found: list[Any]) -> str:
    """Every candidate once: beside its id where that is in the message, else at the end."""
    missing = []
    for each in found[:SHOWN_CANDIDATES]:
        identity, title = _candidate(each)
        if identity not in message:
            missing.append(f"{identity} {title}".rstrip())
        elif title and f"{identity} {title}" not in message:
            message = message.replace(identity, f"{identity} {title}", 1)
    if missing and len(found) > SHOWN_CANDIDATES:
        missing.append(f"{len(found) - SHOWN_CANDIDATES} more")
    return f"{message} (candidates: {', '.join(missing)})" if missing else message


def _candidate(each: Any) -> tuple[str, str]:
    if not isinstance(each, dict):
        return str(each), ""
    name = each.get("title") or each.get("name")
    return str(each.get("id")), repr(str(name)) if name else ""
