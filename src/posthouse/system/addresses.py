"""Which addresses may be dialled: a pure judgement over one IP address, made at the moment of connecting.

Names are never judged: what a name resolved to a moment ago may not be what is dialled (DNS rebinding). Forms that
carry an IPv4 address inside an IPv6 one are unwrapped first, so that none of them is a way round.
Source: the IANA special-purpose registries (RFC 6890, RFC 8190), RFC 4291 (mapped), RFC 3056 (6to4), RFC 6052 (NAT64),
and the fixed metadata addresses of the large clouds.
"""

from __future__ import annotations

from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

_NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
_METADATA = frozenset(
    ip_address(text)
    for text in ("169.254.169.254", "100.100.100.200", "192.0.0.192", "168.63.129.16", "fd00:ec2::254", "fd20:ce::254")
)
_INNER_NAMES = (".local", ".home.arpa", ".internal")


class AddressClass(StrEnum):
    """What kind of place an address is: `forbidden` ones are dialled by nobody, `public` ones by everybody."""

    PUBLIC = "public"
    PRIVATE = "private"
    LOOPBACK = "loopback"
    FORBIDDEN = "forbidden"


def classify_address(address: str) -> AddressClass:
    """The class of a literal IP address (an IPv6 zone is ignored). What is no address at all is forbidden."""
    try:
        parsed = _unwrap(ip_address(address.partition("%")[0]))
    except ValueError:
        return AddressClass.FORBIDDEN
    if parsed.is_loopback:
        return AddressClass.LOOPBACK
    if parsed in _METADATA or _is_unroutable(parsed):
        return AddressClass.FORBIDDEN
    return AddressClass.PUBLIC if parsed.is_global else AddressClass.PRIVATE


def is_dialable(address: str, *, allow_private: bool) -> bool:
    """Whether a connection to this literal IP address may be opened; loopback counts as private."""
    match classify_address(address):
        case AddressClass.PUBLIC:
            return True
        case AddressClass.PRIVATE | AddressClass.LOOPBACK:
            return allow_private
        case AddressClass.FORBIDDEN:
            return False


def is_local_address(host: str) -> bool:
    """Whether a URL's host, by its text alone, is this machine: a loopback address or a `localhost` name (RFC 6761)."""
    name = host.strip("[]").rstrip(".").lower()
    return name == "localhost" or name.endswith(".localhost") or classify_address(name) is AddressClass.LOOPBACK


def class_of_host(host: str) -> AddressClass:
    """How far away a URL's host is, by its text alone; no name is looked up. A name that may be anywhere is public.

    Names that stay within a network by their rule are private: those without a dot, and those that end in `.local`
    (RFC 6762), `.home.arpa` (RFC 8375) or `.internal` (ICANN, 2024).
    """
    if is_local_address(host):
        return AddressClass.LOOPBACK
    name = host.strip("[]").rstrip(".").lower()
    if ":" in name or name.replace(".", "").isdecimal():
        return classify_address(name)
    return AddressClass.PRIVATE if "." not in name or name.endswith(_INNER_NAMES) else AddressClass.PUBLIC


def _unwrap(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that the network would in the end be asked for, where an IPv6 form carries one."""
    if isinstance(address, IPv4Address):
        return address
    inner = address.ipv4_mapped or address.sixtofour
    if inner is None and any(address in network for network in _NAT64):
        inner = IPv4Address(int(address) & 0xFFFFFFFF)
    return address if inner is None else inner


def _is_unroutable(address: IPv4Address | IPv6Address) -> bool:
    """Link-local, multicast, unspecified, reserved (with broadcast), "this network" (0/8) and Teredo addresses."""
    if isinstance(address, IPv4Address):
        special = address.packed[0] == 0
    else:
        special = address.teredo is not None
    return special or address.is_link_local or address.is_multicast or address.is_unspecified or address.is_reserved
