"""The judgement of what third parties hand out: types exactly, sizes, and texts that can be stored. Pure.

Records are built anew from what was judged, since a frozen record says nothing about the types of what is in it.
`Wrong` tells what does not fit by names, types and numbers only, never by a value, which may be a payload.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum
from typing import Any, TypeVar

import msgspec

from posthouse.model.events import EventDraft, Severity
from posthouse.model.ids import BindingId, Millis
from posthouse.model.sources import Emission, Scope, StateKey, StatePut
from posthouse.rules.routing import ABOUT_TARGET, HOPS_MAX
from posthouse.sources.base import CoalescedSettings, Preview, Signal

EVENTS_MAX = 1_000
EMISSION_BYTES_MAX = 16 << 20
STATE_BYTES_MAX = 1 << 20
SETTINGS_BYTES_MAX = 1 << 20
DEPTH_MAX = 100
PATHS_MAX = 1_000
TEXT_MAX = 1_000
AT_MAX = 253_402_300_799_999
"""The last millisecond of the year 9999."""

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")

EnumT = TypeVar("EnumT", bound=Enum)


class Wrong(Exception):
    """What came out does not fit. Its text is safe to be shown."""


def type_name(value: object) -> str:
    """The name of a value's type, short and printable."""
    name = type(value).__name__
    return re.sub(r"\W", "?", name)[:80] if isinstance(name, str) else "?"


def text(value: object, what: str, *, longest: int = TEXT_MAX, shortest: int = 0) -> str:
    """A text without control characters, which UTF-8 can hold."""
    if type(value) is not str:
        raise Wrong(f"{what} is a {type_name(value)} where a str belongs")
    if not shortest <= len(value) <= longest:
        raise Wrong(f"{what} has {len(value)} characters; it may have {shortest} to {longest}")
    if _UNPRINTABLE.search(value):
        raise Wrong(f"{what} holds a control character or half a surrogate pair")
    return value


def number(value: object, what: str, *, largest: int = AT_MAX) -> int:
    """A whole number from 0."""
    if type(value) is not int:
        raise Wrong(f"{what} is a {type_name(value)} where an int belongs")
    if not 0 <= value <= largest:
        raise Wrong(f"{what} lies outside of 0 to {largest}")
    return value


def member(value: object, kind: type[EnumT], what: str) -> EnumT:
    """One of an enumeration, given as itself or by its value."""
    if type(value) is kind:
        return value
    try:
        return kind(text(value, what))
    except ValueError:
        raise Wrong(f"{what} is none of {', '.join(str(one.value) for one in kind)}") from None


def flag(value: object, what: str) -> bool:
    """True or False."""
    if type(value) is not bool:
        raise Wrong(f"{what} is a {type_name(value)} where a bool belongs")
    return value


def texts(value: object, what: str, *, most: int = PATHS_MAX) -> tuple[str, ...]:
    """A tuple of texts."""
    return tuple(text(one, f"one of the {what}") for one in items(value, what, most=most))


def items(value: object, what: str, *, most: int) -> tuple[object, ...]:
    """A tuple, or a list made one, of so many things at most."""
    if type(value) is not tuple and type(value) is not list:
        raise Wrong(f"{what}: a {type_name(value)} where a tuple belongs")
    if len(value) > most:
        raise Wrong(f"{what}: {len(value)} of them; {most} are the limit")
    return tuple(value)


def json_text(value: object, what: str, *, longest: int) -> msgspec.Raw:
    """JSON text in UTF-8, at most 100 levels deep."""
    if type(value) is not msgspec.Raw and type(value) is not bytes:
        raise Wrong(f"{what} is a {type_name(value)} where msgspec.Raw belongs")
    raw = bytes(value)
    if len(raw) > longest:
        raise Wrong(f"{what} has {len(raw)} bytes; {longest} are the limit")
    try:
        decoded = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Wrong(f"{what} is no JSON in UTF-8") from None
    if _is_deep(decoded):
        raise Wrong(f"{what} is nested more than {DEPTH_MAX} levels deep")
    return msgspec.Raw(raw)


def emission(value: object) -> Emission:
    """An emission that can be committed as it is: at most 1,000 events, 16 MiB, and 1 MiB per piece of state."""
    found = _record(value, Emission, "what was emitted")
    left = EMISSION_BYTES_MAX
    drafts: list[EventDraft] = []
    for one in items(found.events, "events", most=EVENTS_MAX):
        drafts.append(_draft(one, left))
        left -= len(bytes(drafts[-1].data))
    puts = tuple(_put(one) for one in items(found.state_puts, "state_puts", most=EVENTS_MAX))
    if sum(len(put.value) for put in puts) > left:
        raise Wrong(f"an emission has more than {EMISSION_BYTES_MAX} bytes of data and state")
    deletes = tuple(_key(one) for one in items(found.state_deletes, "state_deletes", most=EVENTS_MAX))
    return Emission(events=tuple(drafts), state_puts=puts, state_deletes=deletes)


def signal(value: object) -> Signal:
    """A signal. One with more than 1,000 paths, or with a path that is no clean text, says to look at everything."""
    found = _record(value, Signal, "what was yielded")
    is_rescan = flag(found.is_rescan, "is_rescan")
    paths = items(found.paths, "paths", most=1_000_000)
    kept = tuple(one for one in paths if type(one) is str and len(one) <= TEXT_MAX and not _UNPRINTABLE.search(one))
    if any(type(one) is not str for one in paths):
        raise Wrong("one of the paths is no str")
    if len(kept) < len(paths) or len(kept) > PATHS_MAX:
        return Signal(is_rescan=True)
    return Signal(paths=kept, is_rescan=is_rescan)


def preview(value: object) -> Preview:
    """A preview that can be shown."""
    found = _record(value, Preview, "what preview returned")
    return Preview(
        event_type=text(found.event_type, "event_type", longest=200),
        data=json_text(found.data, "data", longest=EMISSION_BYTES_MAX),
        sensitive=texts(found.sensitive, "sensitive"),
        found=text(found.found, "found"),
        problems=texts(found.problems, "problems"),
    )


def settings(value: object) -> msgspec.Raw:
    """Settings in canonical form: a JSON object, whose quiet_s and cap_s, where it has them, are seconds."""
    raw = json_text(value, "what parse returned", longest=SETTINGS_BYTES_MAX)
    try:
        msgspec.json.decode(raw, type=CoalescedSettings)
    except msgspec.ValidationError:
        raise Wrong("what parse returned is no JSON object, or has a quiet_s or cap_s that is no time") from None
    return raw


def projected(value: object) -> Any:
    """Decoded JSON and nothing else: what project returned, through its own text and back."""
    try:
        encoded = msgspec.json.encode(value)
    except Exception as error:
        raise Wrong(f"what project returned cannot be written as JSON ({type_name(error)})") from None
    return msgspec.json.decode(json_text(encoded, "what project returned", longest=EMISSION_BYTES_MAX))


def state_key(value: object) -> str:
    """The key of a piece of state."""
    return text(value, "a state key", longest=500)


def scope(value: object) -> Scope:
    """Whose a piece of state is."""
    return member(value, Scope, "scope")


def _draft(value: object, longest: int) -> EventDraft:
    found = _record(value, EventDraft, "one of the events")
    correlation_key = _maybe(found.correlation_key, lambda one: text(one, "correlation_key", longest=255, shortest=1))
    if correlation_key is not None and correlation_key.startswith(ABOUT_TARGET):
        raise Wrong("a correlation_key begins with the daemon's own prefix")
    return EventDraft(
        type=text(found.type, "an event's type", longest=200, shortest=1),
        data=json_text(found.data, "an event's data", longest=longest),
        at=_maybe(found.at, lambda one: Millis(number(one, "an event's at"))),
        severity=member(found.severity, Severity, "severity"),
        subject=_maybe(found.subject, lambda one: text(one, "subject")),
        origin=text(found.origin, "origin"),
        key=_maybe(found.key, lambda one: text(one, "key", longest=255, shortest=1)),
        expires_at=_maybe(found.expires_at, lambda one: Millis(number(one, "expires_at"))),
        supersede_key=_maybe(found.supersede_key, lambda one: text(one, "supersede_key", longest=255, shortest=1)),
        correlation_key=correlation_key,
        audience=_maybe(found.audience, _audience),
        hops=number(found.hops, "hops", largest=HOPS_MAX),
    )


def _audience(value: object) -> tuple[BindingId, ...]:
    return tuple(BindingId(number(one, "one of the audience")) for one in items(value, "audience", most=EVENTS_MAX))


def _put(value: object) -> StatePut:
    found = _record(value, StatePut, "one of the state_puts")
    if type(found.value) is not bytes:
        raise Wrong(f"a state value is a {type_name(found.value)} where bytes belong")
    if len(found.value) > STATE_BYTES_MAX:
        raise Wrong(f"a state value has {len(found.value)} bytes; {STATE_BYTES_MAX} are the limit")
    return StatePut(key=state_key(found.key), value=found.value, scope=scope(found.scope))


def _key(value: object) -> StateKey:
    found = _record(value, StateKey, "one of the state_deletes")
    return StateKey(key=state_key(found.key), scope=scope(found.scope))


RecordT = TypeVar("RecordT")
ValueT = TypeVar("ValueT")


def _record(value: object, kind: type[RecordT], what: str) -> RecordT:
    if type(value) is not kind:
        raise Wrong(f"{what} is a {type_name(value)} where {kind.__name__} belongs")
    return value


def _maybe(value: object, judge: Callable[[object], ValueT]) -> ValueT | None:
    return None if value is None else judge(value)


def _is_deep(value: object) -> bool:
    """Level by level, so that depth costs no stack."""
    level = [value]
    for _ in range(DEPTH_MAX):
        level = [
            child
            for node in level
            if isinstance(node, dict | list)
            for child in (node.values() if isinstance(node, dict) else node)
            if isinstance(child, dict | list)
        ]
        if not level:
            return False
    return True
