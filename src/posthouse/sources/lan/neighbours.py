"""Other Posthouses by multicast DNS (`_posthouse._tcp`), also beyond this network where routers carry it.

What it tells is only where to say hello: that somebody is there is known when they answer. From then on they are told
each heartbeat by themselves.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing

from posthouse.sources.lan.radio import Radio
from posthouse.system.logging import get_log
from posthouse.system.mdns import Service, neighbours

TYPE = "_posthouse._tcp"
MET_MAX = 1_000

_log = get_log(__name__)


async def find(instance: str, radio: Radio, port: int, moved: asyncio.Event, meet: Callable[[str], None]) -> None:
    """Announce this Posthouse and call `meet` with each address of another, until cancelled.

    `moved` is set whenever this machine's networks have changed: then it begins anew.
    """
    while True:
        moved.clear()
        async with asyncio.TaskGroup() as group:
            finding = group.create_task(_find(instance, radio, port, meet))
            await moved.wait()
            finding.cancel()


async def _find(instance: str, radio: Radio, port: int, meet: Callable[[str], None]) -> None:
    """On the networks that there are now. Where there are none, or it cannot be used on them, it ends."""
    addresses = tuple(one for one in radio.own if not one.startswith("127."))
    if not addresses:
        return
    met: dict[str, tuple[str, ...]] = {}
    try:
        async with aclosing(neighbours(Service(type=TYPE, name=instance, addresses=addresses, port=port))) as found:
            async for one in found:
                if len(met) < MET_MAX or one.name in met:
                    met[one.name] = one.addresses
                # Whose address is on a network of ours is reached by its broadcast already.
                radio.met = frozenset(host for hosts in met.values() for host in hosts if not radio.is_near(host))
                for host in one.addresses:
                    meet(host)
    except OSError as error:
        _log.warning("other Posthouses are not looked for by multicast DNS", detail=error.strerror or str(error))
