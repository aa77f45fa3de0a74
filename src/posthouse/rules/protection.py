"""Protection: what leaves this machine, how it is protected on the way, and what a person should know before it does.

Comes in: the facts of one request that is about to be made. Goes out: one protection for each thing that is judged, and
warnings for what a stranger could make use of. Always holds: nothing is called good that is not so for certain, plain
http that leaves this machine is warned of, and no word repeats a secret: only the host, and names of properties.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum

import msgspec


class Reach(StrEnum):
    """How far a request goes, as far as the text of its address tells."""

    MACHINE = "machine"
    NETWORK = "network"
    INTERNET = "internet"


class Means(StrEnum):
    """By what it leaves: a request of ours, a program of this machine, or a library that knows many services."""

    HTTP = "http"
    PROGRAM = "program"
    SERVICE = "service"


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a request. `sensitive` and `kept`: titles of sensitive properties that are in it, or left out.

    `has_secret_in_url`: its query is not shown, since many services put a token there. `is_reachable`: the settings
    allow such an address.
    """

    is_https: bool
    host: str
    reach: Reach
    is_signed: bool
    has_credentials: bool
    has_secret_in_url: bool = False
    is_reachable: bool = True
    sensitive: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    means: Means = Means.HTTP


class Protection(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was judged. `is_good`: a person need not look into it."""

    code: str
    is_good: bool
    words: str


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """All that was judged, and what to warn of."""

    protections: tuple[Protection, ...]
    warnings: tuple[str, ...]


def judge(facts: Facts) -> Judgement:
    """How a request is protected."""
    if facts.means is not Means.HTTP:
        return Judgement(protections=(_hands_over(facts), *_properties(facts)), warnings=tuple(_leaving(facts)))
    protections = (_reach(facts), _transport(facts), _signature(facts), _credentials(facts), *_properties(facts))
    return Judgement(protections=protections, warnings=tuple(_warnings(facts)))


def is_readable(facts: Facts) -> bool:
    """Whether others can read it on the way: plain http, to another machine."""
    return facts.means is Means.HTTP and not facts.is_https and facts.reach is not Reach.MACHINE


def listed(words: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _hands_over(facts: Facts) -> Protection:
    if facts.means is Means.PROGRAM:
        words = "It is handed to a program on this machine; what that does with it is the program's own."
    else:
        words = "It goes to the service behind this URL, which says how it is protected on the way."
    return Protection(code="reach", is_good=facts.means is Means.PROGRAM, words=words)


def _reach(facts: Facts) -> Protection:
    words = {
        Reach.MACHINE: f"It stays on this machine: {facts.host} is its own address.",
        Reach.NETWORK: f"It stays in your own network: {facts.host} is a private address.",
        Reach.INTERNET: f"It goes to {facts.host}, over the internet.",
    }
    return Protection(
        code="reach", is_good=facts.reach is not Reach.INTERNET or facts.is_https, words=words[facts.reach]
    )


def _transport(facts: Facts) -> Protection:
    if facts.is_https:
        return Protection(code="transport", is_good=True, words="Over https: nobody on the way can read or change it.")
    if facts.reach is Reach.MACHINE:
        words = "Over plain http, which other machines cannot see here."
        return Protection(code="transport", is_good=True, words=words)
    return Protection(code="transport", is_good=False, words="Over plain http: anyone on the way can read it.")


def _signature(facts: Facts) -> Protection:
    if facts.is_signed:
        words = "Signed: the receiver can prove that it came from here and was not changed."
    else:
        words = "Not signed: the receiver cannot prove that it came from here."
    return Protection(code="signature", is_good=facts.is_signed, words=words)


def _credentials(facts: Facts) -> Protection:
    if not facts.has_credentials and not facts.has_secret_in_url:
        words = "No credentials are sent" + ("; the signature stands in for them." if facts.is_signed else ".")
        return Protection(code="credentials", is_good=facts.is_signed, words=words)
    where = "in the address" if not facts.has_credentials else "in a header"
    if is_readable(facts):
        words = f"Credentials are sent {where}, where anyone on the way can read them."
        return Protection(code="credentials", is_good=False, words=words)
    return Protection(code="credentials", is_good=True, words=f"Credentials are sent {where}; they are not shown here.")


def _properties(facts: Facts) -> Iterator[Protection]:
    if facts.sensitive:
        words = f"Sensitive, and in it: {listed(facts.sensitive)}."
        yield Protection(code="sensitive", is_good=False, words=words)
    if facts.kept:
        words = f"Sensitive, and left out: {listed(facts.kept)}."
        yield Protection(code="kept", is_good=True, words=words)


def _warnings(facts: Facts) -> Iterator[str]:
    if not facts.is_reachable:
        yield (
            f"{facts.host} is a private address, and the setting network.allow_private is off: "
            "nothing can be sent there."
        )
    if is_readable(facts):
        where = "another machine" if facts.reach is Reach.NETWORK else f"{facts.host}, over the internet"
        has_secret = facts.has_credentials or facts.has_secret_in_url
        what = "it, and the credentials with it" if has_secret else "it"
        yield f"This goes over plain http to {where}: anyone on the way can read {what}. Use https if it offers that."
    yield from _leaving(facts)


def _leaving(facts: Facts) -> Iterator[str]:
    if facts.sensitive and facts.reach is not Reach.MACHINE:
        leaves = "leaves" if len(facts.sensitive) == 1 else "leave"
        yield f"{listed(facts.sensitive)}: marked sensitive, and {leaves} this machine."
