"""The first ntfy receiver: read, and brought to what a person wants of it, in the transaction of their settings.

    no receiver yet  ──▶ the target that an earlier one left, or a new one; the topic's endpoint; the binding
    another topic    ──▶ its endpoint; the binding moves there with what waits; the old endpoint goes if unused
    server or token  ──▶ the target's settings
    topic ""         ──▶ while notifications are off: the binding goes, the target stays with server and token

What always holds: everything is judged within the one transaction that writes it, so that two people at once leave
what one of them wanted, whole.
"""

from __future__ import annotations

from typing import Any

import msgspec

from posthouse.ledger.base import Transaction
from posthouse.ledger.binding_changes import NewBinding, Removal, Waiting, add_binding, move_binding, remove_binding
from posthouse.ledger.bindings import BindingRow
from posthouse.ledger.endpoint_changes import drop_endpoint
from posthouse.ledger.endpoints import NewEndpoint, get_endpoint, list_endpoints, put_endpoints
from posthouse.ledger.receivers import Receiver, left_target, list_receivers
from posthouse.ledger.sources import get_source
from posthouse.ledger.targets import add_target, edit_target, get_target, list_targets
from posthouse.model.bindings import Policy
from posthouse.model.errors import BadInput
from posthouse.model.ids import EndpointId, Millis, SourceId
from posthouse.model.targets import Endpoint, Target
from posthouse.settings import NOTIFICATIONS_ENABLED, Settings
from posthouse.targets.base import target_kind
from posthouse.targets.ntfy_settings import NTFY_SH, NtfySettings, TokenAuth, TopicSettings

KIND = "ntfy"
SOURCE = "agents"


class Primary(msgspec.Struct, frozen=True, kw_only=True):
    """The first ntfy receiver as it stands. `row` and `endpoint` are None where only its target is left."""

    target: Target
    row: BindingRow | None
    endpoint: Endpoint | None

    @property
    def settings(self) -> NtfySettings:
        """Those of its target."""
        return msgspec.json.decode(self.target.settings, type=NtfySettings)

    @property
    def topic(self) -> str:
        """Its topic, "" where there is no receiver."""
        return "" if self.endpoint is None else topic_of(self.endpoint)

    @property
    def has_token(self) -> bool:
        """Whether an access token is stored for it."""
        return isinstance(self.settings.auth, TokenAuth)


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a person wants of it; None is left as it is.

    `token_ref`: the name under which the secret store has the new token, "" for none any more. `is_enabling`: whether
    the master switch is among what is to be changed.
    """

    server: str | None = None
    topic: str | None = None
    token_ref: str | None = None
    is_enabling: bool = False


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """What was written. `before` and `after`: the target, which was there. `bound`: the source of a new binding."""

    before: Target | None = None
    after: Target | None = None
    removal: Removal | None = None
    bound: SourceId | None = None
    woken: tuple[EndpointId, ...] = ()


def topic_of(endpoint: Endpoint) -> str:
    """The topic that an endpoint is."""
    return msgspec.json.decode(endpoint.settings, type=TopicSettings).topic


def find_primary(tx: Transaction, receivers: list[Receiver]) -> Primary | None:
    """The oldest active ntfy receiver, else the target that the last one left behind."""
    found = _first(receivers)
    if found is None:
        left = left_target(tx, KIND)
        return None if left is None else Primary(target=left, row=None, endpoint=None)
    endpoint = get_endpoint(tx, found.row.binding.endpoint_id)
    return Primary(target=get_target(tx, found.row.target_id), row=found.row, endpoint=endpoint)


def settle(tx: Transaction, settings: Settings, wanted: Wanted, *, now: Millis) -> Settled:
    """Bring the first ntfy receiver to what is wanted. `settings` are those that hold with it.

    Raises BadInput `notifications.topic_required` and what the kind of target refuses, Conflict `binding.exists`,
    NotFound `source.not_found`.
    """
    receivers = list_receivers(tx)
    primary = find_primary(tx, receivers)
    topic = wanted.topic if wanted.topic is not None else "" if primary is None else primary.topic
    first = _first(receivers)
    has_others = any(one.is_active and one is not first for one in receivers)
    is_asked = wanted.is_enabling or wanted.topic is not None
    if is_asked and not topic and not has_others and settings[NOTIFICATIONS_ENABLED]:
        raise _topic_required("Notifications that are on need somebody to tell: give a topic.")
    if primary is None:
        return _make(tx, wanted, now) if topic else _keep_nothing(wanted)
    target = _edit_target(tx, primary, wanted, topic or primary.settings.topic, now)
    settled = Settled(before=primary.target, after=target)
    if not topic:
        removal = None
        if primary.row is not None:
            removal = remove_binding(tx, primary.row.binding.id, waiting=Waiting.DISMISS, now=now)
        return msgspec.structs.replace(settled, removal=removal)
    endpoint = _topic_endpoint(tx, target, topic, now)
    if primary.row is None:
        return msgspec.structs.replace(settled, bound=_bind(tx, endpoint, now), woken=(endpoint.id,))
    if endpoint.id != primary.row.binding.endpoint_id:
        move_binding(tx, primary.row.binding.id, endpoint.id, now=now)
        drop_endpoint(tx, target, primary.row.binding.endpoint_id, now=now)
    return msgspec.structs.replace(settled, woken=(endpoint.id,))


def _first(receivers: list[Receiver]) -> Receiver | None:
    return next((one for one in receivers if one.is_active and one.kind == KIND), None)


def _make(tx: Transaction, wanted: Wanted, now: Millis) -> Settled:
    """A target, its endpoint and the binding to it."""
    assert wanted.topic is not None
    settings = {"url": wanted.server or NTFY_SH, "topic": wanted.topic, "auth": _auth(wanted.token_ref or "")}
    taken = {one.name for one in list_targets(tx)}
    name = next(name for number in range(1, len(taken) + 2) if (name := _numbered(KIND, number, "-")) not in taken)
    offered = NewEndpoint(name=wanted.topic, settings=_topic_settings(wanted.topic))
    target = add_target(tx, kind=KIND, name=name, settings=_parsed(settings), endpoints=[offered], now=now)
    (endpoint,) = list_endpoints(tx, target.id)
    return Settled(bound=_bind(tx, endpoint, now), woken=(endpoint.id,))


def _keep_nothing(wanted: Wanted) -> Settled:
    """There is nothing to keep a server or a token in, and nothing is to be made. Raises BadInput."""
    if wanted.token_ref or wanted.server not in (None, NTFY_SH):
        raise _topic_required("A server and a token are kept with their topic: give a topic as well.")
    return Settled()


def _bind(tx: Transaction, endpoint: Endpoint, now: Millis) -> SourceId:
    source = get_source(tx, SOURCE)
    new = NewBinding(source_id=source.id, endpoint_id=endpoint.id, policy=Policy(is_notification=True))
    add_binding(tx, new, now=now)
    return source.id


def _edit_target(tx: Transaction, primary: Primary, wanted: Wanted, topic: str, now: Millis) -> Target:
    """The target with another server, token, or topic of its own, where that is the receiver's."""
    target = primary.target
    settings: dict[str, Any] = msgspec.json.decode(target.settings)
    if wanted.server is not None:
        settings["url"] = wanted.server
    if wanted.token_ref or (wanted.token_ref == "" and primary.has_token):
        settings["auth"] = _auth(wanted.token_ref)
    if primary.row is None or settings["topic"] == primary.topic:
        settings["topic"] = topic
    parsed = _parsed(settings)
    if bytes(parsed) == bytes(target.settings):
        return target
    return edit_target(tx, target.id, settings=parsed, now=now)


def _topic_endpoint(tx: Transaction, target: Target, topic: str, now: Millis) -> Endpoint:
    """The endpoint of a topic, made where there is none."""
    present = list_endpoints(tx, target.id)
    found = next((one for one in present if topic_of(one) == topic), None)
    if found is not None and found.gone_at is None:
        return found
    taken = {one.name for one in present if one is not found}
    name = next(name for number in range(1, len(taken) + 2) if (name := _numbered(topic, number, " ")) not in taken)
    settings = _topic_settings(topic) if found is None else found.settings
    new = NewEndpoint(name=found.name if found is not None else name, settings=settings)
    return next(one for one in put_endpoints(tx, target.id, [new], now=now) if one.name == new.name)


def _numbered(name: str, number: int, joint: str) -> str:
    return name if number == 1 else f"{name}{joint}{number}"


def _auth(token_ref: str) -> dict[str, Any]:
    return {"kind": "token", "token": {"secret": token_ref}} if token_ref else {"kind": "none"}


def _parsed(settings: dict[str, Any]) -> msgspec.Raw:
    return target_kind(KIND).parse(settings)


def _topic_settings(topic: str) -> msgspec.Raw:
    return target_kind(KIND).parse_endpoint({"topic": topic})


def _topic_required(message: str) -> BadInput:
    return BadInput("notifications.topic_required", message, field="topic")
