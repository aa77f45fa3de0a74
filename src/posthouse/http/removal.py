"""What follows when a binding or target is removed: dismissal of what waits, and the secrets of what is gone."""

from __future__ import annotations

import msgspec

from posthouse.http.services import Services
from posthouse.ledger.binding_changes import Removal, finish_closing
from posthouse.ledger.deliveries import TARGET_PAUSED, DeliveryQuery
from posthouse.model.deliveries import WAITING
from posthouse.pipeline.removals import forget_removed_targets


class RemovedView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What became of a removal. `waiting`: deliveries that had not ended, and are being delivered or dismissed."""

    waiting: int


async def dismiss_waiting(services: Services, removal: Removal) -> None:
    """Dismiss what waits for the closed bindings; what was given up before stays to be looked at."""
    for binding_id in removal.bindings:
        for status in (*sorted(WAITING), TARGET_PAUSED):
            await services.dispatcher.dismiss(DeliveryQuery(binding_id=binding_id, status=status))


async def finish_removal(services: Services, removal: Removal) -> RemovedView:
    """Let go what nothing waits for any more, with its secrets."""
    await services.database.run(finish_closing, now=services.clock.now())
    await forget_removed_targets(services.database, services.secrets, services.clock)
    await services.known.reload()
    return RemovedView(waiting=removal.waiting)
