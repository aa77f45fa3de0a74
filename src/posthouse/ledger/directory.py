"""The directory: every source, target, endpoint and route in one read, for the pipeline to keep in memory.

Removed targets and sources are in it too, for as long as something still waits for them.
"""

from __future__ import annotations

import msgspec

from posthouse.ledger.base import Transaction
from posthouse.ledger.bindings import routes
from posthouse.ledger.endpoints import endpoint_of
from posthouse.ledger.sources import source_of
from posthouse.ledger.targets import target_of
from posthouse.model.ids import BindingId, EndpointId, SourceId, TargetId
from posthouse.model.sources import Source
from posthouse.model.targets import Endpoint, Target
from posthouse.rules.routing import Route


class Directory(msgspec.Struct, frozen=True, kw_only=True):
    """What is configured. `routing` is the number that routes were read under. `notifying`: bindings that notify."""

    routing: int
    routes: dict[SourceId, tuple[Route, ...]]
    sources: dict[SourceId, Source]
    targets: dict[TargetId, Target]
    endpoints: dict[EndpointId, Endpoint]
    notifying: frozenset[BindingId] = frozenset()


def load_directory(tx: Transaction) -> Directory:
    """Read it all, in one transaction."""
    routing, by_source = routes(tx)
    targets = [target_of(row) for row in tx.all("directory_targets")]
    sources = [source_of(row) for row in tx.all("directory_sources")]
    endpoints = [endpoint_of(row) for row in tx.all("directory_endpoints")]
    return Directory(
        routing=routing,
        routes=by_source,
        sources={source.id: source for source in sources},
        targets={target.id: target for target in targets},
        endpoints={endpoint.id: endpoint for endpoint in endpoints},
        notifying=frozenset(row[0] for row in tx.all("notifying_bindings")),
    )
