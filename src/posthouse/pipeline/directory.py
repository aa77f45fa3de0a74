"""What the pipeline knows of configured things: kept in memory, read again whenever they change.

URLs, headers and credentials are read from here at send time, so that an edit applies to what waits. Shapes are kept
per binding revision, which never change.
"""

from __future__ import annotations

import msgspec

from posthouse.ledger.base import Database
from posthouse.ledger.bindings import shape_of
from posthouse.ledger.directory import Directory, load_directory
from posthouse.model.bindings import Shape
from posthouse.model.ids import BindingId
from posthouse.rules.routing import Route
from posthouse.targets.base import target_kind

SHAPES_MAX = 4_096


class Known:
    """The present directory. Call `reload` after every change to sources, targets, endpoints or bindings."""

    def __init__(self, database: Database, directory: Directory) -> None:
        self._database = database
        self._shapes: dict[tuple[BindingId, int], Shape] = {}
        self.directory = _completed(directory)

    async def reload(self) -> None:
        """Read everything again."""
        self.directory = _completed(await self._database.read(load_directory))

    async def shape(self, binding_id: BindingId, revision: int) -> Shape:
        """The shape of one binding revision."""
        key = (binding_id, revision)
        shape = self._shapes.get(key)
        if shape is None:
            if len(self._shapes) >= SHAPES_MAX:
                self._shapes.clear()
            shape = self._shapes[key] = await self._database.read(shape_of, binding_id, revision)
        return shape


def _completed(directory: Directory) -> Directory:
    """With what the ledger does not know of routes that notify: what their targets' kinds can do."""
    if not directory.notifying:
        return directory

    def complete(route: Route) -> Route:
        target = directory.targets.get(route.target_id) if route.is_notification else None
        if target is None:
            return route
        return msgspec.structs.replace(route, can_update=target_kind(target.kind).can_update)

    routes = {source_id: tuple(map(complete, some)) for source_id, some in directory.routes.items()}
    return msgspec.structs.replace(directory, routes=routes)
