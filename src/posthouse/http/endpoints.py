"""`/api/targets/{reference}/endpoints`: the addresses within a target; asked for anew, named by people, removed."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import delete, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter

from posthouse.http.problems import CheckFailed, problems
from posthouse.http.requests import Reference
from posthouse.http.services import Services
from posthouse.http.target_views import BoundEndpoint, EndpointView, view_bound_endpoint, view_endpoint
from posthouse.ledger.base import Transaction
from posthouse.ledger.endpoint_changes import add_endpoint, refresh_endpoints, remove_endpoint
from posthouse.ledger.endpoints import NewEndpoint, bindings_by_endpoint, list_endpoints, queued_by_endpoint
from posthouse.ledger.targets import get_target
from posthouse.model.errors import Conflict
from posthouse.model.targets import Endpoint, Target
from posthouse.rules.diagnosis import diagnose
from posthouse.rules.endpoints import Offered
from posthouse.settings import COMMANDS_ALLOWED, DELIVERY_DEADLINE_S, DELIVERY_RESPONSE_BYTES_MAX
from posthouse.targets.base import EndpointsUnknown, TargetContext, target_kind

EndpointReference = Annotated[str, PathParameter(min_length=1, max_length=200, description="An endpoint's id or name.")]


class EndpointList(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """All endpoints of a target, on one page."""

    items: list[BoundEndpoint]
    next_cursor: str | None


class EndpointInput(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A further endpoint, of a kind of target that lets people name some."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    settings: dict[str, Any] = {}


class RefreshedView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What asking the target came to, by name. `missed`: offered no more, but bound, and so kept as it is."""

    items: list[BoundEndpoint]
    added: list[str]
    gone: list[str]
    missed: list[str]


@get("/api/targets/{reference:str}/endpoints", responses=problems(404))
async def list_target_endpoints(reference: Reference, services: NamedDependency[Services]) -> EndpointList:
    """The addresses within a target that are known, with the health of each."""
    return EndpointList(items=await services.database.read(_read, reference), next_cursor=None)


@post("/api/targets/{reference:str}/endpoints", responses=problems(404, 409, 413, 415))
async def create_endpoint(
    reference: Reference, data: JSONBody[EndpointInput], services: NamedDependency[Services]
) -> EndpointView:
    """Name a further address within a target."""
    target = await services.database.read(get_target, reference)
    kind = target_kind(target.kind)
    if not kind.endpoint_fields:
        message = f"{target.name} is a {kind.title} target, whose endpoints cannot be named by hand."
        raise Conflict("endpoint.not_addable", message)
    new = NewEndpoint(name=data.name, settings=kind.parse_endpoint(data.settings))
    endpoint = await services.database.run(add_endpoint, target.id, new, now=services.clock.now())
    await services.known.reload()
    return view_endpoint(endpoint)


@post("/api/targets/{reference:str}/endpoints/refresh", status_code=200, responses=problems(404, 422))
async def refresh_target_endpoints(reference: Reference, services: NamedDependency[Services]) -> RefreshedView:
    """Ask the target which endpoints it has; what is bound stays, even where the target offers it no more."""
    target = await services.database.read(get_target, reference)
    offered = await ask_endpoints(services, target)
    refreshed = await services.database.run(refresh_endpoints, target.id, offered, now=services.clock.now())
    await services.known.reload()
    return RefreshedView(
        items=await services.database.read(_read, target.id),
        added=list(refreshed.added),
        gone=list(refreshed.gone),
        missed=list(refreshed.missed),
    )


@delete("/api/targets/{reference:str}/endpoints/{endpoint:str}", status_code=200, responses=problems(404, 409))
async def delete_endpoint(
    reference: Reference, endpoint: EndpointReference, services: NamedDependency[Services]
) -> EndpointView:
    """Remove an endpoint that a person named or that is gone, once no binding uses it. What went there is kept."""
    target = await services.database.read(get_target, reference)
    removed = await services.database.run(remove_endpoint, target, endpoint, now=services.clock.now())
    await services.known.reload()
    return view_endpoint(removed)


async def ask_endpoints(services: Services, target: Target) -> list[Offered]:
    """What a target, saved or not, says that it has. Raises CheckFailed `target.endpoints_unknown`."""
    try:
        offered = await target_kind(target.kind).endpoints(context_of(services, target))
    except EndpointsUnknown as error:
        diagnosis = diagnose(error.outcome.code, error.outcome.status_code)
        message = f"{target.name} did not say which endpoints it has. {diagnosis.what} {error.outcome.detail}".strip()
        raise CheckFailed("target.endpoints_unknown", message, diagnosis) from error
    return [Offered(name=one.name, identity=one.identity, settings=one.settings) for one in offered]


def context_of(services: Services, target: Target) -> TargetContext:
    """What a target, saved or not, is given for one call."""
    settings = services.configuration.settings
    return TargetContext(
        target=target,
        outbound=services.outbound,
        secrets=services.secrets,
        clock=services.clock,
        deadline_s=settings[DELIVERY_DEADLINE_S],
        response_bytes_max=settings[DELIVERY_RESPONSE_BYTES_MAX],
        may_run_programs=settings[COMMANDS_ALLOWED],
    )


def _read(tx: Transaction, reference: str | int) -> list[BoundEndpoint]:
    target = get_target(tx, reference)
    queued, bound = queued_by_endpoint(tx, target.id), bindings_by_endpoint(tx, target.id)

    def view(endpoint: Endpoint) -> BoundEndpoint:
        return view_bound_endpoint(endpoint, queued=queued.get(endpoint.id, 0), bindings=bound.get(endpoint.id, 0))

    return [view(endpoint) for endpoint in list_endpoints(tx, target.id)]
