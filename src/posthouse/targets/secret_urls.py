"""Addresses that are secrets themselves: whoever has one can post, so the whole of it is kept and shown as a secret.

Comes in: what a person pasted, and the rules of the services whose addresses it may be. Goes out: an address to send
to, with what may be shown of it. What always holds: host, scheme and path are judged after the URL was taken apart,
and no error, view, attempt or log holds more of it than `https://hooks.example.com/services/[hidden]`.
"""

from __future__ import annotations

import re

import msgspec
from yarl import URL

from posthouse.model.errors import BadInput
from posthouse.targets.headers import HIDDEN
from posthouse.targets.urls import parse_url


class HookRule(msgspec.Struct, frozen=True, kw_only=True):
    """What a service's addresses look like. `path` has a group `secret`: what of it must not be shown.

    `hosts`: one of these, on the scheme's own port; None allows any host and port.
    """

    path: re.Pattern[str]
    hosts: frozenset[str] | None = None
    schemes: frozenset[str] = frozenset({"https"})


class HookAddress(msgspec.Struct, frozen=True, kw_only=True):
    """An address to send to, how it is shown, and the texts that must not be."""

    url: str
    shown: str
    hidden: tuple[str, ...]

    def __repr__(self) -> str:
        return f"HookAddress({self.shown!r})"


def hook_address(text: str, rules: tuple[HookRule, ...], *, like: str) -> HookAddress:
    """The address that a person pasted. `like` is what one looks like. Raises ValueError, never with the address."""
    try:
        parsed = URL(parse_url(text.strip()), encoded=True)
    except BadInput as error:
        raise ValueError(error.message) from error
    for rule in rules:
        found = rule.path.fullmatch(parsed.raw_path)
        if found is not None and _is_at(parsed, rule):
            return _address(parsed, found)
    raise ValueError(f"is not such an address; one looks like {like}")


def _is_at(parsed: URL, rule: HookRule) -> bool:
    if parsed.scheme not in rule.schemes:
        return False
    host = (parsed.raw_host or "").lower()
    return rule.hosts is None or (host in rule.hosts and parsed.port == URL.build(scheme=parsed.scheme, host=host).port)


def _address(parsed: URL, found: re.Match[str]) -> HookAddress:
    secret = found["secret"].rstrip("/")
    # A service that echoes may give back the whole, the path, or its last part alone.
    hidden = dict.fromkeys((str(parsed), parsed.raw_path_qs, parsed.raw_path, secret, secret.rpartition("/")[2]))
    for value in parsed.query.values():
        hidden[value] = None
    return HookAddress(
        url=str(parsed),
        shown=f"{parsed.origin()}{parsed.raw_path[: found.start('secret')]}{HIDDEN}",
        hidden=tuple(hidden),
    )
