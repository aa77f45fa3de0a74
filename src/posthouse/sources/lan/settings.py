"""The settings of the kind `peers`, their presets, and what only it can judge about them."""

from __future__ import annotations

import ipaddress
from enum import StrEnum
from typing import Annotated, Any

import msgspec

from posthouse.model.errors import BadInput
from posthouse.rules.peer_policy import (
    FAST,
    HEARTBEAT_S,
    HEARTBEAT_S_MAX,
    HEARTBEAT_S_MIN,
    TIMEOUT_S,
    TIMEOUT_S_MAX,
    TIMEOUT_S_MIN,
    PeeringPolicy,
    problem_of,
)
from posthouse.sources.base import SourceContext, SourceSettings, parse_settings
from posthouse.system.datagrams import Address

PORT = 2425
"""IP Messenger's own (IANA does not list it); whoever uses another is seen by those alone that use it too."""

HEARTBEAT_DOC = "Seconds between two heartbeats."
TIMEOUT_DOC = "Seconds of silence after which a peer is asked, and then taken to be offline; above heartbeat_s."
NAME_DOC = "What this machine's user is called on the network; empty: the name they are signed in by."
GROUP_DOC = "The group that others list it in; empty: none."
PORT_DOC = "The UDP port of everybody on this network."
ADDRESS_DOC = "The one address of this machine that takes part; empty: all of them."
HOSTS_DOC = (
    "Hosts and broadcast addresses beyond this machine's own networks that are told, too: 10.0.7.255 or 10.0.7.9:2425."
)
MDNS_DOC = "Find other Posthouses by multicast DNS as well."

HOSTS_MAX = 100


class TimingPreset(StrEnum):
    """How quickly it is noticed that somebody has gone. Custom is whatever a person chose."""

    STANDARD = "standard"
    FAST = "fast"
    CUSTOM = "custom"


PRESETS: dict[TimingPreset, PeeringPolicy] = {TimingPreset.STANDARD: PeeringPolicy(), TimingPreset.FAST: FAST}
"""What can be chosen by name. With `fast`, whoever vanished is offline within 40 s, questions included."""


class PeersSettings(SourceSettings, frozen=True, kw_only=True):
    """How this machine makes itself known, and when others count as gone."""

    heartbeat_s: Annotated[float, msgspec.Meta(ge=HEARTBEAT_S_MIN, le=HEARTBEAT_S_MAX, description=HEARTBEAT_DOC)] = (
        HEARTBEAT_S
    )
    peer_timeout_s: Annotated[float, msgspec.Meta(ge=TIMEOUT_S_MIN, le=TIMEOUT_S_MAX, description=TIMEOUT_DOC)] = (
        TIMEOUT_S
    )
    name: Annotated[str, msgspec.Meta(max_length=50, description=NAME_DOC)] = ""
    group: Annotated[str, msgspec.Meta(max_length=50, description=GROUP_DOC)] = ""
    port: Annotated[int, msgspec.Meta(ge=1, le=65_535, description=PORT_DOC)] = PORT
    address: Annotated[str, msgspec.Meta(max_length=15, description=ADDRESS_DOC)] = ""
    hosts: Annotated[
        tuple[Annotated[str, msgspec.Meta(max_length=21)], ...],
        msgspec.Meta(max_length=HOSTS_MAX, description=HOSTS_DOC),
    ] = ()
    mdns: Annotated[bool, msgspec.Meta(description=MDNS_DOC)] = True

    @property
    def preset(self) -> TimingPreset:
        """Which preset its timing is."""
        timing = (self.heartbeat_s, self.peer_timeout_s)
        named = (name for name, one in PRESETS.items() if (one.heartbeat_s, one.timeout_s) == timing)
        return next(named, TimingPreset.CUSTOM)

    @property
    def policy(self) -> PeeringPolicy:
        """The same for the rules."""
        return PeeringPolicy(heartbeat_s=self.heartbeat_s, timeout_s=self.peer_timeout_s)


def parse_peers_settings(settings: dict[str, Any]) -> msgspec.Raw:
    """A person's settings in canonical form. Raises BadInput `source.bad_setting` naming the field."""
    raw = parse_settings(PeersSettings, settings)
    parsed = msgspec.json.decode(raw, type=PeersSettings)
    problem = problem_of(parsed.heartbeat_s, parsed.peer_timeout_s)
    if problem is not None:
        raise BadInput("source.bad_setting", sentence(problem), field="peer_timeout_s")
    if parsed.address and not _is_ipv4(parsed.address):
        raise BadInput("source.bad_setting", f"address: {parsed.address!r} is no IPv4 address.", field="address")
    for index, host in enumerate(parsed.hosts):
        try:
            address_of(host, parsed.port)
        except ValueError as error:
            message = f"hosts: {host!r} is neither an IPv4 address nor one with a port (10.0.7.9:2425)."
            raise BadInput("source.bad_setting", message, field=f"hosts[{index}]") from error
    for field, text in (("name", parsed.name), ("group", parsed.group)):
        if any(character < " " or character == ":" for character in text):
            message = f"{field}: a colon or a control character cannot be told to others. Leave it out."
            raise BadInput("source.bad_setting", message, field=field)
    return raw


def sentence(words: str) -> str:
    """Words as a sentence."""
    return f"{words[:1].upper()}{words[1:]}."


def settings_of(context: SourceContext) -> PeersSettings:
    """The settings of a source."""
    return msgspec.json.decode(context.source.settings, type=PeersSettings)


def address_of(host: str, port: int) -> Address:
    """An address out of `host` or `host:port`. Raises ValueError."""
    name, colon, number = host.partition(":")
    if not _is_ipv4(name):
        raise ValueError(host)
    if not colon:
        return Address(name, port)
    if not (number.isascii() and number.isdigit() and 0 < int(number) <= 65_535):
        raise ValueError(host)
    return Address(name, int(number))


def _is_ipv4(text: str) -> bool:
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True
