"""Multicast DNS (RFC 6762, 6763): announce a service of this machine, and hear of others of the same type.

In: what is announced. Out: who else announces it, with their IPv4 addresses, as they come and go. The library is loaded
when this is used. What it tells is only ever a place at which to ask: nobody proves anything by it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence

import msgspec
from zeroconf import Error, IPVersion, ServiceStateChange, Zeroconf
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

WAITING_MAX = 1_000
_RESOLVE_MS = 3_000


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """What is announced. `type`: as `_posthouse._tcp`; `name` is unique on the network, 60 characters at most."""

    type: str
    name: str
    addresses: tuple[str, ...]
    port: int
    properties: Mapping[str, str] = {}


class Neighbour(msgspec.Struct, frozen=True, kw_only=True):
    """Another who announces the same. Without addresses it has gone."""

    name: str
    addresses: tuple[str, ...] = ()
    port: int = 0


async def neighbours(service: Service) -> AsyncGenerator[Neighbour, None]:
    """Announce a service and yield who else does, until closed; then it is withdrawn.

    Raises OSError where no network can be used.
    """
    type_ = f"{service.type}.local."
    told: asyncio.Queue[tuple[ServiceStateChange, str]] = asyncio.Queue(WAITING_MAX)

    def on_change(
        zeroconf: Zeroconf,  # noqa: ARG001 (the library's shape)
        service_type: str,  # noqa: ARG001
        name: str,
        state_change: ServiceStateChange,
    ) -> None:
        if not told.full():
            told.put_nowait((state_change, name))

    # The library calls whatever it is given by these names.
    zeroconf = _opened(service.addresses)
    try:
        await _announce(zeroconf, service, type_)
        browser = AsyncServiceBrowser(zeroconf.zeroconf, type_, handlers=[on_change])
        try:
            while True:
                change, name = await told.get()
                if name.removesuffix(f".{type_}") == service.name:
                    continue
                found = await _resolved(zeroconf, type_, name) if change is not ServiceStateChange.Removed else None
                yield found or Neighbour(name=name.removesuffix(f".{type_}"))
        finally:
            await browser.async_cancel()
    finally:
        await zeroconf.async_close()


def _opened(addresses: Sequence[str]) -> AsyncZeroconf:
    try:
        return AsyncZeroconf(interfaces=list(addresses), ip_version=IPVersion.V4Only)
    except (Error, RuntimeError) as error:
        raise OSError(f"multicast DNS cannot be used: {error}") from error


async def _announce(zeroconf: AsyncZeroconf, service: Service, type_: str) -> None:
    info = AsyncServiceInfo(
        type_,
        f"{service.name}.{type_}",
        port=service.port,
        properties=dict(service.properties),
        parsed_addresses=list(service.addresses),
        server=f"{service.name}.local.",
    )
    try:
        await (await zeroconf.async_register_service(info))
    except Error as error:
        raise OSError(f"multicast DNS cannot be used: {type(error).__name__}") from error


async def _resolved(zeroconf: AsyncZeroconf, type_: str, name: str) -> Neighbour | None:
    """Where it is; None where nobody says."""
    info = AsyncServiceInfo(type_, name)
    if not await info.async_request(zeroconf.zeroconf, _RESOLVE_MS):
        return None
    addresses = tuple(info.parsed_addresses(IPVersion.V4Only))
    return Neighbour(name=name.removesuffix(f".{type_}"), addresses=addresses, port=info.port or 0)
