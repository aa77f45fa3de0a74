"""Which of a target's endpoints are meant by what it offers now: found again, new, or gone.

An endpoint is found again by its identity, which outlives a renaming; else by its name, unless the one of that name is
offered under its own identity, too. What a person named is left as it is. What is offered no more is gone, but for what
is bound: that stays, since its bindings' owners decide what becomes of it. Names are made to fit: bounded, printable,
and unique within the target.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import msgspec

from posthouse.model.ids import EndpointId

ENDPOINTS_MAX = 1_000
"""How many endpoints of a target are known; what is offered beyond is passed over."""

NAME_CHARACTERS_MAX = 100
UNNAMED = "unnamed"


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint in the books. `is_bound`: a binding uses it, or still delivers what waits."""

    id: EndpointId
    name: str
    identity: str | None
    is_entered: bool
    is_gone: bool
    is_removed: bool
    is_bound: bool


class Offered(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint that the target offers. `identity` is empty where its name is all there is."""

    name: str
    identity: str = ""
    settings: msgspec.Raw = msgspec.Raw(b"{}")


class Put(msgspec.Struct, frozen=True, kw_only=True):
    """How an endpoint is to be written; `id` is None where it is new."""

    id: EndpointId | None
    offered: Offered


class Matched(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be written. `gone`: offered no more. `missed`: offered no more, but bound, and therefore kept."""

    puts: tuple[Put, ...]
    gone: tuple[EndpointId, ...]
    missed: tuple[EndpointId, ...]


def match(known: Sequence[Known], offered: Sequence[Offered]) -> Matched:
    """Match what a target offers with what is known of it. Of several offers of one endpoint the first counts."""
    offered = _distinct(offered)
    identities = {one.identity for one in offered if one.identity}
    by_identity = {one.identity: one for one in known if one.identity}
    by_name = {one.name: one for one in known}
    found: dict[EndpointId, Offered] = {}
    new: list[Offered] = []
    for one in offered:
        same = by_identity.get(one.identity) if one.identity else None
        if same is None:
            named = by_name.get(fit_name(one.name))
            same = None if named is None or named.identity in identities else named
        if same is None or same.id in found:
            new.append(one)
        else:
            found[same.id] = one
    kept = {one.id for one in known if one.is_entered and not one.is_removed}
    taken = {one.name for one in known if one.id in kept or one.id not in found}
    puts = [
        *(Put(id=endpoint_id, offered=one) for endpoint_id, one in found.items() if endpoint_id not in kept),
        *(Put(id=None, offered=one) for one in new),
    ]
    lost = [one for one in known if not (one.id in found or one.is_entered or one.is_removed or one.is_gone)]
    return Matched(
        puts=tuple(_named(put, taken) for put in puts),
        gone=tuple(one.id for one in lost if not one.is_bound),
        missed=tuple(one.id for one in lost if one.is_bound),
    )


def fit_name(name: str) -> str:
    """The name as it can be shown: in its normal form (NFC), on one line, printable, of at most 100 characters."""
    shown = "".join(one if one.isprintable() else " " for one in unicodedata.normalize("NFC", name))
    return " ".join(shown.split())[:NAME_CHARACTERS_MAX].strip() or UNNAMED


def _distinct(offered: Sequence[Offered]) -> list[Offered]:
    """The first offer of each identity, or of each name where there is none."""
    first: dict[tuple[str, str], Offered] = {}
    for one in offered:
        first.setdefault((one.identity, "" if one.identity else fit_name(one.name)), one)
    return list(first.values())[:ENDPOINTS_MAX]


def _named(put: Put, taken: set[str]) -> Put:
    """The same under a name that is free, which is taken from then on."""
    name = wanted = fit_name(put.offered.name)
    number = 1
    while name in taken:
        number += 1
        name = f"{wanted[: NAME_CHARACTERS_MAX - 8]} ({number})"
    taken.add(name)
    return msgspec.structs.replace(put, offered=msgspec.structs.replace(put.offered, name=name))
