"""What the tests of targets share: one case per kind, and parcels to hand over.

A new kind joins the contract suite by adding its case to `CASES`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from posthouse.model.bindings import Shape
from posthouse.model.deliveries import ClaimedDelivery
from posthouse.model.events import Event, Severity
from posthouse.model.ids import (
    BindingId,
    DeliveryId,
    EndpointId,
    EventId,
    Millis,
    ParcelId,
    ProjectId,
    SourceId,
    TargetId,
)
from posthouse.model.targets import Endpoint, Target
from posthouse.system.http_client import HttpClient
from posthouse.system.secrets import SecretStore, open_secret_store
from posthouse.targets.base import Item, Parcel, TargetContext, TargetKind, extract_secrets, target_kind
from tests.clock import START, ManualClock

TOKEN = "tok-4f9d1c7a2b"
SIGNING_SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

DEADLINE_S = 20.0
SHORT_S = 0.3


@dataclass(frozen=True)
class Case:
    """A kind, and settings with all its secrets that point it at a receiver."""

    kind: str
    settings: Callable[[str], dict[str, Any]]


CASES = (
    Case(
        kind="webhook",
        settings=lambda url: {
            "url": url,
            "auth": {"kind": "bearer", "token": TOKEN},
            "headers": {"x-team": "blue"},
            "signing": {"secret": SIGNING_SECRET},
        },
    ),
)


@dataclass(frozen=True)
class House:
    """A target set up as the API sets one up, and the means to use it."""

    kind: TargetKind
    target: Target
    store: SecretStore
    outbound: HttpClient
    clock: ManualClock

    def context(self, *, deadline_s: float = DEADLINE_S, response_bytes_max: int = 16_384) -> TargetContext:
        return TargetContext(
            target=self.target,
            outbound=self.outbound,
            secrets=self.store,
            clock=self.clock,
            deadline_s=deadline_s,
            response_bytes_max=response_bytes_max,
        )


async def set_up(kind: str, settings: dict[str, Any], folder: Path, *, outbound: HttpClient | None = None) -> House:
    """Take the secrets out, store them, and keep the rest."""
    store = open_secret_store(folder, environ={"POSTHOUSE_SECRETS": "file"}, config_dir=folder / "config")
    clock = ManualClock()
    entered = extract_secrets(kind, settings, scope=clock.uuid7())
    canonical = target_kind(kind).parse(entered.settings)
    for name, value in entered.values.items():
        await store.put(name, value)
    target = Target(id=TargetId(1), project_id=ProjectId(1), kind=kind, name="hooks", settings=canonical)
    return House(kind=target_kind(kind), target=target, store=store, outbound=outbound or HttpClient(), clock=clock)


def make_event(**changes: Any) -> Event:
    event = Event(
        id=EventId("019b7652-4c00-7000-8000-000000000001"),
        project_id=ProjectId(1),
        source_id=SourceId(1),
        machine="desk",
        type="agent.turn-completed",
        at=Millis(START - 1_500),
        recorded_at=START,
        severity=Severity.SUCCESS,
        subject="posthouse",
        data=msgspec.Raw(b'{"turns": 3}'),
    )
    return msgspec.structs.replace(event, **changes)


def make_parcel(*events: Event, shape: Shape | None = None) -> Parcel:
    """A parcel of these events, or of one."""
    return Parcel(
        id=ParcelId("019b7652-4c00-7000-8000-0000000000aa"),
        endpoint=Endpoint(
            id=EndpointId(1),
            project_id=ProjectId(1),
            target_id=TargetId(1),
            name="default",
            settings=msgspec.Raw(b"{}"),
        ),
        shape=shape or Shape(),
        items=tuple(_item(event, number) for number, event in enumerate(events or (make_event(),))),
    )


def _item(event: Event, number: int) -> Item:
    delivery = ClaimedDelivery(
        seq=number + 1,
        id=DeliveryId(f"019b7652-4c00-7000-8000-00000000b{number:03d}"),
        event_seq=number + 1,
        binding_id=BindingId(1),
        endpoint_id=EndpointId(1),
        revision=1,
        fence=1,
        attempt=1,
        charged=0,
        available_at=START,
        expires_at=None,
        is_due=True,
        is_probe=False,
        event=event,
    )
    return Item(delivery=delivery, data=event.data, source_name="claude-sessions")
