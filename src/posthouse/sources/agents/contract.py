"""The contract for tools of one's own: what a report looks like in JSON, spooled or posted. Pure.

    spool/agents/report/<key>.json   {"kind": "turn-completed", "agent_id": "a1", …}, or an array of them
    an event to ingest               type `agent.turn-completed`, data the same without `kind` and `at`
    an event of another Posthouse    its data names the agent as `agent` (`model.agents.AgentPayload`)

Fields that are not known are passed over, so that both sides can learn. Texts that are too long are cut. See
docs/agents.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec

from posthouse.model.agents import ID_MAX, PromptSaid, Report, ReportKind
from posthouse.model.errors import BadInput
from posthouse.model.events import Event
from posthouse.model.ids import Millis
from posthouse.sources.agents.hearing import Call

POSTED = "agent."
"""How the types of posted events begin that are reports; the rest of the type is the kind."""

INVALID = "agent.report_invalid"
REPORTS_MAX = 1_000
AT_MAX = 253_402_300_799_999
"""The last millisecond of the year 9999."""

Id = Annotated[str, msgspec.Meta(min_length=1, max_length=ID_MAX)]
Instant = Annotated[int, msgspec.Meta(ge=0, le=AT_MAX)] | Annotated[datetime, msgspec.Meta(tz=True)]
Metadata = dict[str, msgspec.Raw]


class _Prompt(msgspec.Struct, frozen=True, kw_only=True):
    id: Id
    permission: str = ""
    description: str = ""
    metadata: Metadata = {}


class _Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of an agent, by whatever name its id goes."""

    tool: str = ""
    machine: str = ""
    project: str = ""
    title: str = ""
    parent_id: Id | None = None


class _Named(_Facts, frozen=True, kw_only=True):
    id: Id


class _Said(_Facts, frozen=True, kw_only=True):
    """A report, as it is posted."""

    agent_id: Id | None = None
    agent: _Named | None = None
    turn_id: Id | None = None
    message: str = ""
    error: str = ""
    prompt: _Prompt | None = None
    prompts: Annotated[tuple[_Prompt, ...], msgspec.Meta(max_length=REPORTS_MAX)] = ()
    prompt_ids: Annotated[tuple[Id, ...], msgspec.Meta(max_length=REPORTS_MAX)] = ()
    decision: str = ""
    reason: str = ""


class _Spooled(_Said, frozen=True, kw_only=True):
    kind: ReportKind
    at: Instant | None = None


_decode_posted = msgspec.json.Decoder(_Said).decode
_decode_spooled = msgspec.json.Decoder(_Spooled | list[_Spooled]).decode


def reports(call: Call) -> tuple[Report, ...]:
    """The adapter `report`: what a file says. Raises BadInput `agent.report_invalid`."""
    found = _judged(_decode_spooled, call.content)
    said: Sequence[_Spooled] = found if isinstance(found, list) else [found]
    if len(said) > REPORTS_MAX:
        raise BadInput(INVALID, f"One file may hold {REPORTS_MAX} reports.")
    return tuple(_report(one, one.kind, call.at if one.at is None else _millis(one.at)) for one in said)


def reports_of_event(event: Event) -> tuple[Report, ...]:
    """What a posted event reports. Raises BadInput `agent.report_invalid`."""
    name = event.type.removeprefix(POSTED)
    if name not in {one.value for one in ReportKind}:
        raise BadInput(INVALID, f"Of agents nothing is called {event.type[:100]!r}.")
    return (_report(_judged(_decode_posted, bytes(event.data)), ReportKind(name), event.at),)


def _report(said: _Said, kind: ReportKind, at: Millis) -> Report:
    facts: _Facts = said if said.agent is None else said.agent
    agent_id = said.agent_id if said.agent is None else said.agent.id
    if agent_id is None:
        raise BadInput(INVALID, "It does not say which agent (agent_id).", field="agent_id")
    prompts = (*([said.prompt] if said.prompt else []), *said.prompts)
    if kind is ReportKind.PERMISSION_REQUIRED and not prompts:
        raise BadInput(INVALID, "It does not say what for (prompt).", field="prompt")
    is_resolved = kind is ReportKind.PERMISSION_RESOLVED
    return Report(
        kind=kind,
        agent_id=agent_id,
        at=at,
        tool=facts.tool,
        machine=facts.machine,
        project=facts.project,
        title=facts.title,
        parent_id=facts.parent_id,
        turn_id=said.turn_id,
        message=said.message,
        error=said.error,
        prompts=() if is_resolved else tuple(_prompt(one) for one in prompts),
        prompt_ids=(*said.prompt_ids, *(one.id for one in prompts)) if is_resolved else (),
        decision=said.decision,
        reason=said.reason,
    )


def _prompt(said: _Prompt) -> PromptSaid:
    return PromptSaid(
        id=said.id,
        permission=said.permission,
        description=said.description,
        metadata=msgspec.Raw(msgspec.json.encode(said.metadata)),
    )


def _judged(decode: Any, content: bytes) -> Any:
    try:
        return decode(content)
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at `$")
        field = where.rstrip("`").lstrip(".")
        raise BadInput(INVALID, f"{field}: {what}." if field else f"{what}.", field=field or None) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadInput(INVALID, "This is not JSON in UTF-8.") from error
    except RecursionError as error:
        raise BadInput(INVALID, "The JSON is nested too deeply.") from error


def _millis(instant: int | datetime) -> Millis:
    if isinstance(instant, int):
        return Millis(instant)
    try:
        return Millis(max(round(instant.timestamp() * 1000), 0))
    except (OverflowError, ValueError) as error:
        raise BadInput(INVALID, "at must lie in the years 1970 to 9999.", field="at") from error
