"""A person's query, judged as text: one SELECT that ends where it seems to. Pure."""

from __future__ import annotations

import re

from posthouse.model.errors import BadInput

QUERY_CHARACTERS_MAX = 100_000

_TOKEN = re.compile(
    r"""
      (?P<blank> \s+ | --[^\n]*(?:\n|\Z) | /\*.*?\*/ )
    | (?P<quoted> '(?:[^']|'')*' | "(?:[^"]|"")*" | `(?:[^`]|``)*` | \[[^\]]*\] )
    | (?P<end> ; )
    | (?P<open> ['"`\[] | /\* )
    | (?P<word> [A-Za-z_]\w* )
    | (?P<other> . )
    """,
    re.VERBOSE | re.DOTALL,
)


def checked_query(query: str) -> str:
    """The query without what follows its end. Raises BadInput `source.bad_setting`, field `query`.

    That it reads only is not judged here: SQLite itself is told to let nothing else through.
    """
    if "\0" in query:
        raise _bad("A query holds no NUL character.")
    first, depth, end = "", 0, len(query)
    for found in _TOKEN.finditer(query):
        kind, text = found.lastgroup, found[0]
        if kind == "open":
            raise _bad(f"The query has a {text} that is not closed.")
        if kind == "blank":
            continue
        if end < len(query):
            raise _bad("The query must be one statement: there is more behind its semicolon.")
        depth += (text == "(") - (text == ")")
        if depth < 0:
            raise _bad("The query closes a parenthesis that it did not open.")
        if kind == "end":
            end = found.start()
        first = first or text
    if depth:
        raise _bad("The query has a parenthesis that is not closed.")
    if first.upper() not in ("SELECT", "WITH"):
        raise _bad("The query must begin with SELECT or WITH.")
    return query[:end].strip()


def unique_names(names: list[str]) -> list[str]:
    """The columns' names, each of them once: a later one of the same name gets `_2`, `_3` and so on. Pure."""
    taken: set[str] = set(names)
    seen: set[str] = set()
    unique: list[str] = []
    for name in names:
        one, number = name, 2
        while one in seen or (one != name and one in taken):
            one, number = f"{name}_{number}", number + 1
        seen.add(one)
        unique.append(one)
    return unique


def _bad(message: str) -> BadInput:
    return BadInput("source.bad_setting", message, field="query")
