"""A kind that is missing or broken: it stands for it everywhere, so that its sources can be seen, and says why."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, NoReturn

import msgspec

from posthouse.model.errors import PosthouseError
from posthouse.model.sources import Emission, Property, SourceShape
from posthouse.sources.base import Preview, Signal, SourceContext, SourceSettings

CODE = "source.kind_unavailable"


class Unavailable:
    """Satisfies both shapes; whatever would need the kind's own code raises PosthouseError `source.kind_unavailable`.

    So nothing is read, and what was noticed earlier waits: without the kind nobody can say what of it may leave.
    """

    shape = SourceShape.STREAM
    is_passive = False
    needs_schedule = False
    settings_type = SourceSettings
    properties: tuple[Property, ...] = ()
    volatile: tuple[str, ...] = ()

    def __init__(self, kind: str, problem: str) -> None:
        """`problem`: why, as a sentence that says what to do."""
        self.title = f"{kind[:100]} (not available)"
        self.problem = problem

    def parse(self, settings: dict[str, Any]) -> msgspec.Raw:  # noqa: ARG002
        """Refuses any settings: nobody can judge them."""
        self._refuse()

    def project(self, data: Any, allowed: Mapping[str, bool]) -> Any:  # noqa: ARG002
        """Lets nothing out."""
        self._refuse()

    async def preview(self, context: SourceContext) -> Preview:
        """Shows nothing, and says why."""
        return Preview(event_type=context.source.kind[:200], data=msgspec.Raw(b"{}"), problems=(self.problem,))

    async def signals(self, context: SourceContext) -> AsyncIterator[Signal]:  # noqa: ARG002
        """Notices nothing."""
        self._refuse()
        yield  # type: ignore[unreachable] # makes it the generator that the protocol asks for

    async def collect(self, context: SourceContext, signal: Signal) -> Emission:  # noqa: ARG002
        """Reads nothing."""
        self._refuse()

    async def run(self, context: SourceContext) -> None:  # noqa: ARG002
        """Notices nothing."""
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise PosthouseError(CODE, self.problem)
