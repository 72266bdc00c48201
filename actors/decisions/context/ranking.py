"""PURE: texts by how much they have to do with a question, by BM25 (Okapi, as SQLite has it)."""

import re
from collections.abc import Sequence
from contextlib import closing

MOST_WORDS = 200
"""Of the question: what comes after these changes the ranking little and costs the most."""


def ranked(question: str, texts: Sequence[str]) -> tuple[int, ...]:
    """The indexes of `texts`, best first; of equals the later one first, as those are that have no
    word of the question.
    """
    later_first = range(len(texts) - 1, -1, -1)
    words = list(dict.fromkeys(re.findall(r"[^\W_]+", question.lower())))[:MOST_WORDS]
    if not words or not texts:
        return tuple(later_first)
    best = _found(" OR ".join(f'"{word}"' for word in words), texts)
    return (*best, *(at for at in later_first if at not in set(best)))


def _found(expression: str, texts: Sequence[str]) -> list[int]:
    import sqlite3

    with closing(sqlite3.connect(":memory:")) as index:
        index.execute("CREATE VIRTUAL TABLE said USING fts5(text)")
        index.executemany(
            "INSERT INTO said(rowid, text) VALUES (?, ?)",
            ((at, text.encode(errors="replace").decode()) for at, text in enumerate(texts)),
        )
        rows = index.execute(
            "SELECT rowid FROM said WHERE said MATCH ? ORDER BY bm25(said), rowid DESC",
            (expression,),
        )
        return [row[0] for row in rows]
