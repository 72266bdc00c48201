"""PURE: the forms in which programs write one secret: as it is, as JSON, URLs, base64 or Python do.

Made for a pattern that finds each of them. A program that means to give a secret away can always
write it in a form that nobody foresaw; these are the ones that come by themselves.
"""

import base64
import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

SHORTEST_LINE = 16
"""A shorter line of a secret of several lines may be a word of anything."""
_ARMOUR = "-----"
_UNQUOTED = ("/", "", "!'()*~")
"""What is left as it is by Python, by the strict, and by browsers."""


def forms(secret: str) -> frozenset[str]:
    """All that must not be shown because of it, each about as long as it or a line of it."""
    lines = secret.replace("\\n", "\n").splitlines()
    alone = (line.strip() for line in lines if len(lines) > 1)
    found = {
        *_based(secret),
        *(form for raw in _raw(secret, lines) for form in _written(raw)),
        *(form for line in alone if _tells(line) for form in _written(line)),
    }
    return frozenset(found)


def sought(found: Iterable[str]) -> str:
    """The source of a pattern that finds the longest of these wherever one stands.

    Grouped by how they begin, so that most places of a text are done with one look at a character.
    """
    begun: dict[str, list[str]] = {}
    for each in sorted(found, key=lambda one: (-len(one), one)):
        begun.setdefault(each[0], []).append(re.escape(each[1:]))
    return "|".join(f"{re.escape(first)}(?:{'|'.join(rests)})" for first, rests in begun.items())


def _raw(secret: str, lines: list[str]) -> Iterator[str]:
    """Itself; without the white space around it; with its line breaks as others have them."""
    yield secret
    if len(secret.strip()) >= SHORTEST_LINE:
        yield secret.strip()
    if len(lines) > 1:
        yield from (end.join(lines) for end in ("\n", "\r\n"))


def _tells(line: str) -> bool:
    """Whether it is to be hidden by itself: a log is read line by line."""
    return len(line) >= SHORTEST_LINE and not line.startswith(_ARMOUR)


def _written(raw: str) -> Iterator[str]:
    yield raw
    yield from _quoted(raw)
    yield from _in_json(raw)


def _quoted(raw: str) -> Iterator[str]:
    """As in a URL, and as Python shows a text: with either quotation mark."""
    for unquoted in _UNQUOTED:
        form = quote(raw, safe=unquoted, errors="surrogatepass")
        yield from (form, _lowered(form))
    form = quote_plus(raw, errors="surrogatepass")
    yield from (form, _lowered(form))
    for plain in (repr(raw)[1:-1], ascii(raw)[1:-1]):
        yield from (plain, plain.replace("'", "\\'"), plain.replace('"', '\\"'))


def _lowered(form: str) -> str:
    """With `%2f` in place of `%2F`."""
    head, *rests = form.split("%")
    return "%".join((head, *(rest[:2].lower() + rest[2:] for rest in rests)))


def _based(raw: str) -> Iterator[str]:
    """As base64, alone and in the middle of more (a user's name before it, say): there its ends
    hang on its neighbours, and what is between is the same.
    """
    content = raw.encode(errors="surrogatepass")
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        whole = encode(content).decode()
        yield from (whole, whole.rstrip("="))
        for before in range(3):
            written = encode(bytes(before) + content).decode().rstrip("=")
            begin = (before * 8 + 5) // 6
            end = (before + len(content)) * 8 // 6
            yield written[begin:end]
    lines = base64.encodebytes(content).decode().split()
    if len(lines) > 1:
        yield from ("\n".join(lines), *(line for line in lines if len(line) >= SHORTEST_LINE))


def _in_json(text: str) -> Iterator[str]:
    """Within a JSON string, and within one that is itself in a JSON string."""
    for plain in (json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]):
        for form in (plain, plain.replace("/", "\\/")):
            yield form
            yield json.dumps(form)[1:-1]
