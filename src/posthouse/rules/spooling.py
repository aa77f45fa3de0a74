"""What the name of a file in the spool says: whether it is meant to be taken in, and under which key. Pure.

<key>.json             an event; its name without `.json` is its idempotency key
<adapter>/<key>.json   raw JSON for an adapter
.anything              being written: its program renames it when it is whole
anything else          no business of the spool's: it stays, and is never touched
"""

from __future__ import annotations

KEY_CHARACTERS_MAX = 200
_SUFFIX = ".json"


def is_spooled(name: str) -> bool:
    """Whether a file of this name is meant to be taken in."""
    return name.endswith(_SUFFIX) and not name.startswith(".")


def key_of_name(name: str) -> str | None:
    """The idempotency key that a file's name gives its event; None where it is not 1 to 200 printable characters."""
    key = name.removesuffix(_SUFFIX)
    return key if 1 <= len(key) <= KEY_CHARACTERS_MAX and key.isprintable() else None


def free_name(name: str, taken: frozenset[str]) -> str:
    """The name under which a refused file is kept: its own, or the first numbered one that is not taken."""
    if name not in taken:
        return name
    stem = name.removesuffix(_SUFFIX)
    numbered = (f"{stem}.{number}{_SUFFIX}" for number in range(1, len(taken) + 2))
    return next(candidate for candidate in numbered if candidate not in taken)
