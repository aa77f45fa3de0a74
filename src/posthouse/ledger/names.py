"""Names that people give: what a name may be, and how one that is wrong is told.

A name is never all digits, so that one word can be an id or a name without doubt.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from posthouse.model.errors import BadInput

NAME_CHARACTERS_MAX = 100


def clean_name(name: str, *, noun: str) -> str:
    """The name in its normal form (NFC). Raises BadInput `<noun>.name_invalid`."""
    name = unicodedata.normalize("NFC", name)
    if is_name(name):
        return name
    raise BadInput(
        f"{noun}.name_invalid",
        f"A {noun}'s name is 1 to {NAME_CHARACTERS_MAX} visible characters without '/' and not digits alone,"
        f" not {name[:NAME_CHARACTERS_MAX]!r}.",
        field="name",
    )


def is_name(name: str) -> bool:
    """Whether this can be a name."""
    return (
        0 < len(name) <= NAME_CHARACTERS_MAX
        and name == name.strip()
        and name.isprintable()
        and "/" not in name
        and not name.isdecimal()
        and name not in (".", "..")
    )


def id_in(reference: str) -> int | None:
    """The id that a reference is, or None where it is a name."""
    return int(reference) if reference.isascii() and reference.isdecimal() and len(reference) <= 18 else None


def describe_near(name: str, known: Iterable[str]) -> str:
    """A sentence that names what was probably meant, or what there is."""
    import difflib  # only a mistake needs it

    names = sorted(known)
    near = difflib.get_close_matches(name[:NAME_CHARACTERS_MAX], names, n=3, cutoff=0.6)
    if near:
        return f" Did you mean {' or '.join(near)}?"
    return f" There is: {', '.join(names[:10])}." if names else " There is none yet."
