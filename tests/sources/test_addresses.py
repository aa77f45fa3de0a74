"""What sources tell each other of servers: the present state first, then each change, and nothing twice."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, cast

from posthouse.sources.addresses import Addresses, Headers
from tests.sources.support import soon

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

ONE: Mapping[str, Headers] = {"http://127.0.0.1:4096": ()}
TWO: Mapping[str, Headers] = {"http://127.0.0.1:4096": (("authorization", "Basic b3BlbjpzZXNhbWU="),)}


async def test_who_follows_hears_what_stands_and_then_each_change() -> None:
    addresses = Addresses()
    addresses.put("opencode", ONE)
    following = cast("AsyncGenerator[Mapping[str, Headers], None]", addresses.follow("opencode"))
    async with aclosing(following) as urls:
        assert await soon(anext(urls)) == ONE
        waiting = asyncio.ensure_future(anext(urls))
        addresses.put("other", TWO)
        addresses.put("opencode", ONE)
        addresses.put("opencode", TWO)
        assert await soon(waiting) == TWO
        addresses.put("opencode", {})
        assert await soon(anext(urls)) == {}


async def test_what_came_and_went_while_nobody_looked_is_not_told() -> None:
    addresses = Addresses()
    following = cast("AsyncGenerator[Mapping[str, Headers], None]", addresses.follow("opencode"))
    async with aclosing(following) as urls:
        waiting = asyncio.ensure_future(anext(urls))
        await asyncio.sleep(0)
        addresses.put("opencode", ONE)
        addresses.put("opencode", {})
        addresses.put("opencode", TWO)
        assert await soon(waiting) == TWO
