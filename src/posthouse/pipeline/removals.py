"""The end of what was removed: of targets, once nothing is sent to them any more, their secrets go, then their
settings; of sources their state, in small steps, then their settings.

Safe to repeat at any time, and after a crash: what was not all deleted is found again.
"""

from __future__ import annotations

from posthouse.ledger.base import Database
from posthouse.ledger.sources import forget_source, removed_sources
from posthouse.ledger.targets import forget_target, removed_targets
from posthouse.system.clock import Clock
from posthouse.system.secrets import SecretStore
from posthouse.targets.base import target_kind


async def forget_removed_targets(database: Database, secrets: SecretStore, clock: Clock) -> int:
    """Forget every removed target that nothing waits for; how many. Raises SecretsUnavailable, LedgerError kinds."""
    targets = await database.read(removed_targets)
    for target in targets:
        for name in target_kind(target.kind).secret_names(target.settings):
            await secrets.delete(name)
        await database.run(forget_target, target.id, now=clock.now())
    return len(targets)


async def forget_removed_sources(database: Database) -> int:
    """Forget what every removed source knew; how many there were. Raises LedgerError kinds."""
    sources = await database.read(removed_sources)
    for source_id in sources:
        while not await database.run(forget_source, source_id):
            pass
    return len(sources)
