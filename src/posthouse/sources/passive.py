"""What the sources share whose events the daemon itself hands over: nothing to run, to choose or to set."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec

from posthouse.model.errors import BadInput
from posthouse.model.sources import Property, SourceShape
from posthouse.sources.base import Preview, SourceContext, SourceSettings


class Passive:
    """A stream without work of its own. Subclasses say what it is called and which events are its own."""

    shape = SourceShape.STREAM
    is_passive = True
    needs_schedule = False
    settings_type = SourceSettings
    title = ""
    properties: tuple[Property, ...] = ()
    volatile: tuple[str, ...] = ()
    example_type = ""
    found = ""

    def parse(self, settings: dict[str, Any]) -> msgspec.Raw:
        """There are no settings. Raises BadInput `source.bad_setting` where some are given."""
        for name in settings:
            raise BadInput("source.bad_setting", f"{self.title} has no setting {name!r}; it has none.", field=name)
        return msgspec.Raw(b"{}")

    def project(self, data: Any, allowed: Mapping[str, bool]) -> Any:  # noqa: ARG002
        """The data as it is: there are no properties."""
        return data

    async def run(self, context: SourceContext) -> None:  # noqa: ARG002
        """Wait until cancelled: the events come from elsewhere."""
        await asyncio.get_running_loop().create_future()

    async def preview(self, context: SourceContext) -> Preview:  # noqa: ARG002
        """There is nothing to read ahead of what happens; this says so."""
        return Preview(event_type=self.example_type, data=msgspec.Raw(b"{}"), found=self.found)
