"""What the tests of targets share: one case per kind, and parcels to hand over.

A new kind joins the contract suite by adding its case to `CASES`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec

from posthouse.model.bindings import Shape
from posthouse.model.deliveries import ClaimedDelivery, OutcomeKind
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
from posthouse.rules.messages import compose
from posthouse.system.http_client import HttpClient
from posthouse.system.outbound import Outbound, Request, Response
from posthouse.system.secrets import SecretStore, open_secret_store
from posthouse.targets.base import Item, Parcel, TargetContext, TargetKind, extract_secrets, target_kind
from tests.clock import START, ManualClock
from tests.receiver import Received, Receiver, Reply
from tests.servers.discord import DiscordServer
from tests.servers.google import CLIENT, CLIENT_SECRET, Book, GoogleServer, Sheet
from tests.servers.home_assistant import HomeAssistantServer
from tests.servers.make import MakeServer, hook
from tests.servers.n8n import N8nServer, webhook, workflow
from tests.servers.ntfy import NtfyServer
from tests.servers.slack import SlackServer
from tests.servers.telegram import TelegramServer
from tests.servers.zapier import ZapierServer

TOKEN = "tok-4f9d1c7a2b"
SIGNING_SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

API_KEY = "key-9c1b7e55d0"
BOT_TOKEN = f"123456789:{TOKEN}-0123456789abcdefgh"
N8N = "https://n8n.example.com"

DEADLINE_S = 20.0
SHORT_S = 0.3


def _header(name: str) -> Callable[[Received], str]:
    return lambda received: received.headers[name]


def _take_all(received: Received) -> Reply:
    """What another Posthouse says: that it has them, or that there was none."""
    lines = received.body.splitlines()
    if not lines:
        return Reply(status=400, body=b'{"code":"event.none","detail":"There is no event in this body."}')
    taken = [{"id": json.loads(line)["id"], "deliveries": 0, "duplicate": False} for line in lines]
    return Reply(status=202, body=json.dumps({"events": taken}, separators=(",", ":")).encode())


def _body(received: Received) -> str:
    """The only thing that stays the same for services that know no ids of the sender's."""
    return received.body.decode()


def _telegram(received: Received) -> Reply:
    token = received.path.partition("/bot")[2].partition("/")[0]
    return TelegramServer(path="/hook", token=token, chats={42}).answer(received)


def _make(received: Received) -> Reply:
    token = received.headers.get("authorization", "").removeprefix("Token ")
    reply = MakeServer(token=token, hooks=[hook(11, "u11secret")], key=API_KEY).answer(received)
    # The API is on another host than the webhooks, so they never share a connection.
    return replace(reply, close_after=received.path.startswith("/api/"))


def _google(received: Received) -> Reply:
    """A Google of this one moment, at which both tokens of these tests have leave for an empty spreadsheet."""
    server = GoogleServer(path="/hook", books={"sheet-1": Book("Log", [Sheet(0, "Sheet1")])})
    return server.knows(TOKEN, "tok-renewed").answer(received)


def _is_write(received: Received) -> bool:
    return received.path.endswith(":batchUpdate") and b'"findReplace"' not in received.body


def _delivery_in(received: Received) -> str:
    """The delivery's id in the last row that is written."""
    rows = json.loads(received.body)["requests"][-1]["appendCells"]["rows"]
    return str(rows[-1]["values"][0]["userEnteredValue"]["stringValue"])


@dataclass(frozen=True)
class Case:
    """A kind, and how it is pointed at a receiver and recognised there.

    `settings`: with all its secrets, each of which has one of `secrets` in it; the one with TOKEN is a credential.
    `endpoint`: the settings of the endpoint that is delivered to. `good`: what the service answers where all is well,
    to any request. `is_delivery`: which requests are deliveries; others ask for something or sign in. `is_check`: which
    requests a check makes. `wire_id`: what of a delivery's request stays the same over all attempts.
    """

    kind: str
    settings: Callable[[str], dict[str, Any]]
    secrets: frozenset[str]
    wire_id: Callable[[Received], str]
    endpoint: dict[str, Any] = field(default_factory=dict)
    good: Callable[[Received], Reply] = lambda _: Reply(status=202, body=b"taken")
    is_delivery: Callable[[Received], bool] = lambda _: True
    is_check: Callable[[Received], bool] = lambda _: True
    needs_proof: bool = False
    """Whether a 2xx alone is no delivery, since its body must be the service's own."""

    shape: Shape = field(default_factory=Shape)
    codes: dict[OutcomeKind, str] | None = None
    """Of a kind that speaks no HTTP of its own: what each outcome is called, whatever the receiver answered."""

    timeout: str = "timeout"
    """The code of what was not done in time."""

    is_relayed: bool = False
    """Whether a library of others makes the requests, and keeps the answers: all it says is whether they went well."""

    @property
    def speaks_http(self) -> bool:
        """Whether the requests that arrive are the target's own."""
        return self.codes is None

    def code(self, kind: OutcomeKind, status: int) -> str:
        """What the outcome is called where the receiver answered so."""
        return f"http_{status}" if self.codes is None else self.codes[kind]

    def status(self, status: int) -> int | None:
        """What of the receiver's status stands in the outcome."""
        return status if self.codes is None else None

    origins: tuple[str, ...] = ()
    """Where the kind insists on sending to, if not where it is told to: requests there are brought to the receiver."""

    hidden: frozenset[str] = frozenset()
    """What else must be shown nowhere: parts of secrets, or what stands for them."""

    @property
    def unseen(self) -> frozenset[str]:
        """All that must be shown nowhere."""
        return self.secrets | self.hidden


APPRISE_CODES = {OutcomeKind.DELIVERED: "apprise_sent", OutcomeKind.TRANSIENT: "apprise_failed"}
PROGRAM_CODES = {
    OutcomeKind.DELIVERED: "command_done",
    OutcomeKind.TRANSIENT: "command_retry",
    OutcomeKind.AUTH: "command_denied",
    OutcomeKind.REJECTED: "command_failed",
}
CALLER = str(Path(__file__).parents[1] / "servers" / "caller.py")
"""A program that hands on what it is told (see there)."""

CASES = (
    Case(
        kind="webhook",
        secrets=frozenset({TOKEN, SIGNING_SECRET}),
        wire_id=_header("webhook-id"),
        settings=lambda url: {
            "url": url,
            "auth": {"kind": "bearer", "token": TOKEN},
            "headers": {"x-team": "blue"},
            "signing": {"secret": SIGNING_SECRET},
        },
    ),
    Case(
        kind="ntfy",
        settings=lambda url: {"url": url, "topic": "builds", "auth": {"kind": "token", "token": TOKEN}},
        secrets=frozenset({TOKEN}),
        wire_id=lambda received: str(json.loads(received.body)["sequence_id"]),
        endpoint={"topic": "builds"},
        good=lambda received: NtfyServer(path="/hook").answer(received),
        is_delivery=lambda received: received.method == "POST",
        is_check=lambda received: received.path.endswith("/v1/health"),
    ),
    Case(
        kind="posthouse",
        settings=lambda url: {"url": url, "token": TOKEN},
        secrets=frozenset({TOKEN}),
        wire_id=lambda received: str(json.loads(received.body.splitlines()[0])["id"]),
        good=_take_all,
        is_delivery=lambda received: received.body != b"",
        is_check=lambda received: received.body == b"",
        needs_proof=True,
    ),
    Case(
        kind="command",
        settings=lambda url: {"argv": [sys.executable, "-I", "-S", CALLER, url], "env": {"TOKEN": TOKEN}},
        secrets=frozenset({TOKEN}),
        wire_id=_header("x-delivery"),
        is_delivery=lambda received: received.headers["x-type"] != "posthouse.check",
        is_check=lambda received: received.headers["x-type"] == "posthouse.check",
        codes=PROGRAM_CODES,
        timeout="command_timeout",
    ),
    Case(
        kind="apprise",
        # Apprise's own scheme for a webhook, with a header that is a credential.
        settings=lambda url: {"urls": {"hook": f"{url.replace('http', 'json', 1)}?+X-Token={TOKEN}"}},
        secrets=frozenset({TOKEN}),
        wire_id=lambda received: str(json.loads(received.body)["title"]),
        endpoint={"url": "hook"},
        codes=APPRISE_CODES,
        is_relayed=True,
    ),
    Case(
        kind="probe",
        settings=lambda url: {
            "ask": {
                "kind": "request",
                "method": "POST",
                "url": url,
                "body": '{"say": "hello"}',
                "secret_headers": {"Authorization": f"Bearer {TOKEN}"},
            }
        },
        secrets=frozenset({TOKEN}),
        # It asks the same whatever came.
        wire_id=lambda received: f"{received.method} {received.path}",
    ),
    Case(
        kind="n8n",
        settings=lambda _: {"url": N8N, "key": API_KEY, "auth": {"kind": "bearer", "token": TOKEN}},
        secrets=frozenset({TOKEN, API_KEY}),
        wire_id=_header("webhook-id"),
        endpoint={"url": f"{N8N}/webhook/orders"},
        good=lambda received: N8nServer(key=API_KEY, workflows=[workflow("Orders", webhook())]).answer(received),
        is_delivery=lambda received: received.path.startswith("/webhook/"),
        is_check=lambda received: received.path.startswith("/api/v1/workflows?"),
        origins=(N8N,),
    ),
    Case(
        kind="make",
        settings=lambda _: {
            "connect": {"kind": "account", "zone": "eu1.make.com", "token": TOKEN},
            "key": API_KEY,
        },
        secrets=frozenset({TOKEN, API_KEY}),
        wire_id=_header("webhook-id"),
        endpoint={"hook": 11},
        good=_make,
        is_delivery=lambda received: received.method == "POST",
        is_check=lambda received: received.path.startswith("/api/v2/organizations"),
        origins=("https://eu1.make.com", "https://hook.eu1.make.com"),
        hidden=frozenset({"u11secret"}),
    ),
    Case(
        kind="zapier",
        settings=lambda _: {"url": f"https://hooks.zapier.com/hooks/catch/123456/{TOKEN}/"},
        secrets=frozenset({f"https://hooks.zapier.com/hooks/catch/123456/{TOKEN}/"}),
        wire_id=_header("webhook-id"),
        good=lambda received: ZapierServer().answer(received),
        origins=("https://hooks.zapier.com",),
        hidden=frozenset({TOKEN}),
    ),
    Case(
        kind="home-assistant",
        settings=lambda _: {"url": f"http://homeassistant.local:8123/api/webhook/{TOKEN}"},
        secrets=frozenset({f"http://homeassistant.local:8123/api/webhook/{TOKEN}"}),
        wire_id=_header("webhook-id"),
        good=lambda received: HomeAssistantServer(webhooks={TOKEN}).answer(received),
        is_delivery=lambda received: received.method == "POST",
        is_check=lambda received: received.method == "HEAD",
        origins=("http://homeassistant.local:8123",),
        hidden=frozenset({TOKEN}),
    ),
    Case(
        kind="slack",
        settings=lambda _: {"url": f"https://hooks.slack.com/services/T012/B345/{TOKEN}"},
        secrets=frozenset({f"https://hooks.slack.com/services/T012/B345/{TOKEN}"}),
        wire_id=_body,
        good=lambda received: SlackServer(path=received.path).answer(received),
        is_delivery=lambda received: received.body != b'{"text":""}',
        is_check=lambda received: received.body == b'{"text":""}',
        origins=("https://hooks.slack.com",),
        hidden=frozenset({TOKEN}),
    ),
    Case(
        kind="discord",
        settings=lambda _: {"url": f"https://discord.com/api/webhooks/987654321/{TOKEN}"},
        secrets=frozenset({f"https://discord.com/api/webhooks/987654321/{TOKEN}"}),
        wire_id=_body,
        good=lambda received: DiscordServer(path=received.path.partition("?")[0]).answer(received),
        is_delivery=lambda received: received.method == "POST",
        is_check=lambda received: received.method == "GET",
        origins=("https://discord.com",),
        hidden=frozenset({TOKEN}),
    ),
    Case(
        kind="telegram",
        settings=lambda url: {"token": BOT_TOKEN, "chat": "42", "server": url},
        secrets=frozenset({BOT_TOKEN}),
        wire_id=_body,
        endpoint={"chat": "42"},
        good=_telegram,
        is_delivery=lambda received: received.path.endswith("/sendMessage"),
        is_check=lambda received: received.path.endswith("/getChat"),
        hidden=frozenset({TOKEN}),
    ),
    Case(
        kind="google-sheets",
        settings=lambda url: {
            "url": url,
            "spreadsheet": "sheet-1",
            "auth": {
                "kind": "oauth",
                "client_id": CLIENT,
                "client_secret": CLIENT_SECRET,
                "refresh_token": TOKEN,
            },
        },
        secrets=frozenset({TOKEN, CLIENT_SECRET}),
        wire_id=_delivery_in,
        good=_google,
        is_delivery=_is_write,
        is_check=lambda received: "/v4/spreadsheets/" in received.path,
    ),
)

SPEAKING_HTTP = tuple(case for case in CASES if case.speaks_http)


@dataclass(frozen=True)
class Rerouted:
    """The client that is used for real, but for where requests to these origins go: to a receiver on this machine."""

    client: HttpClient
    origins: tuple[str, ...]
    receiver: Receiver

    async def send(self, request: Request) -> Response:
        """Make one exchange, perhaps with the receiver. Raises ExchangeFailed."""
        origin = "/".join(request.url.split("/", 3)[:3])
        if origin in self.origins:
            there = self.receiver.url.removesuffix("/hook")
            request = msgspec.structs.replace(request, url=there + request.url.removeprefix(origin))
        return await self.client.send(request)

    async def close(self) -> None:
        """Close every connection."""
        await self.client.close()


@dataclass(frozen=True)
class House:
    """A target set up as the API sets one up, and the means to use it."""

    kind: TargetKind
    target: Target
    store: SecretStore
    outbound: Outbound
    clock: ManualClock

    def context(self, *, deadline_s: float = DEADLINE_S, response_bytes_max: int = 16_384) -> TargetContext:
        return TargetContext(
            target=self.target,
            outbound=self.outbound,
            secrets=self.store,
            clock=self.clock,
            deadline_s=deadline_s,
            response_bytes_max=response_bytes_max,
            may_run_programs=True,
        )


async def set_up(kind: str, settings: dict[str, Any], folder: Path, *, outbound: Outbound | None = None) -> House:
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


def make_parcel(*events: Event, shape: Shape | None = None, endpoint: dict[str, Any] | None = None) -> Parcel:
    """A parcel of these events, or of one, to an endpoint with these settings."""
    return Parcel(
        id=ParcelId("019b7652-4c00-7000-8000-0000000000aa"),
        endpoint=Endpoint(
            id=EndpointId(1),
            project_id=ProjectId(1),
            target_id=TargetId(1),
            name="default",
            settings=msgspec.Raw(msgspec.json.encode(endpoint or {})),
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
    message = compose(event, event.data, source_name="claude-sessions")
    return Item(delivery=delivery, data=event.data, source_name="claude-sessions", message=message)
