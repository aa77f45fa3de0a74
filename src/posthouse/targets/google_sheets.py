"""Google Sheets: rows in a spreadsheet, a worksheet per source, columns found by their headers.

    first row ──▶ (rows by key and delivery) ──▶ plan ──▶ one batchUpdate, all or nothing

What is in the sheet is read before each write, so that columns may be moved, renamed and added by hand. Every row says
in a hidden column which delivery wrote it; after an attempt of which nobody knows how it ended, that column is read
first, and what stands there is not written again. One delivery at a time goes to a worksheet.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from weakref import WeakValueDictionary

import msgspec

from posthouse.model.deliveries import Outcome, OutcomeKind, SentRequest
from posthouse.model.errors import BadInput, Conflict, SecretsUnavailable
from posthouse.rules.pacing import Bucket
from posthouse.rules.rows import ID_COLUMN, Cell, rows_of
from posthouse.rules.timestamps import rfc3339
from posthouse.rules.worksheet import Entry, Plan, Standing, key_column, plan, standing_rows
from posthouse.system.outbound import Outbound, Request
from posthouse.targets.base import (
    CheckResult,
    Delivered,
    EndpointDraft,
    EndpointsUnknown,
    Item,
    NotPrepared,
    Parcel,
    SignInPlan,
    TargetContext,
)
from posthouse.targets.credentials import withheld
from posthouse.targets.google_accounts import GOOGLE_AUTH, GoogleRefused
from posthouse.targets.google_sheets_access import Access, open_access, settings_of, token_url
from posthouse.targets.google_sheets_settings import (
    ENDPOINT_FIELDS,
    FIELDS,
    GOOGLE,
    SECRET_FIELDS,
    OAuth,
    WorksheetSettings,
    parse_settings,
    parse_worksheet,
)
from posthouse.targets.google_sheets_wire import (
    CELLS_MAX,
    LIST_MASK,
    SHEET_MASK,
    Book,
    Made,
    Values,
    Worksheet,
    cells_in,
    first_row,
    harmless_write,
    making_address,
    own_sheet_id,
    whole_column,
    worksheet_in,
    write_of,
)
from posthouse.targets.http_exchange import shown

PER_SOURCE = "A worksheet per source"
PACE = Bucket(2.5, 6)
"""A delivery needs two reads at most, but for one into a renamed worksheet: 30 in any minute, at 60 reads."""

PREVIEW_CODE = "target.cannot_preview"


class GoogleSheetsTarget:
    """The kind `google-sheets`."""

    title = "Google Sheets"
    summary = "Rows in a Google spreadsheet, with a worksheet for each source."
    fields = FIELDS
    endpoint_fields = ENDPOINT_FIELDS
    takes_messages = False
    is_health_relevant = True
    can_update = False
    secret_fields = SECRET_FIELDS

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[tuple[int, str, str], asyncio.Lock] = WeakValueDictionary()

    def parse(self, settings: dict[str, Any]) -> msgspec.Raw:
        """Validate settings. Raises BadInput naming the field (see `google_sheets_settings.parse_settings`)."""
        return msgspec.Raw(msgspec.json.encode(parse_settings(settings)))

    def parse_endpoint(self, settings: dict[str, Any]) -> msgspec.Raw:
        """Validate a worksheet's settings. Raises BadInput naming the field."""
        return msgspec.Raw(msgspec.json.encode(parse_worksheet(settings)))

    def pacing(self, settings: msgspec.Raw) -> Bucket | None:
        """What keeps within the reads that Google allows an account in a minute."""
        return PACE if settings_of(bytes(settings)).url == GOOGLE else None

    def secret_names(self, settings: msgspec.Raw) -> tuple[str, ...]:
        """References of the secrets in these settings."""
        return settings_of(bytes(settings)).references()

    async def sign_in(self, settings: dict[str, Any], read: Callable[[str], Awaitable[str]]) -> SignInPlan:
        """How a person signs in. Raises BadInput `target.settings_invalid`, `target.cannot_sign_in`."""
        auth = settings.get("auth")
        if not isinstance(auth, dict) or auth.get("kind") != "oauth":
            raise BadInput("target.cannot_sign_in", "A service account has its key file; nobody signs in for it.")
        parsed = parse_settings({**settings, "auth": {**auth, "refresh_token": {"secret": "to-come"}}})
        assert isinstance(parsed.auth, OAuth)
        secret = parsed.auth.client_secret
        return SignInPlan(
            auth_url=GOOGLE_AUTH if parsed.url == GOOGLE else f"{parsed.url}/o/oauth2/v2/auth",
            token_url=token_url(parsed),
            client_id=parsed.auth.client_id,
            client_secret=None if secret is None else await read(secret.secret),
            scope=parsed.scope,
            # Only so does Google give a refresh token, and does so each time.
            parameters={"access_type": "offline", "prompt": "consent"},
        )

    async def prepare(self, context: TargetContext) -> msgspec.Raw:
        """Make a spreadsheet called like the target, where none was picked. Raises NotPrepared."""
        settings = settings_of(bytes(context.target.settings))
        if settings.spreadsheet:
            return context.target.settings
        try:
            access = await open_access(context)
            body = msgspec.json.encode({"properties": {"title": context.target.name}})
            made = await access.ask("POST", making_address(settings.url), body, into=Made)
        except (SecretsUnavailable, Conflict) as error:
            raise NotPrepared(withheld(error)) from error
        except GoogleRefused as refused:
            raise NotPrepared(refused.outcome) from refused
        done = msgspec.structs.replace(settings, spreadsheet=made.spreadsheet_id, made=made.spreadsheet_id)
        return msgspec.Raw(msgspec.json.encode(done))

    async def check(self, context: TargetContext) -> CheckResult:
        """Read the spreadsheet's list of worksheets, then make a write that changes nothing."""
        try:
            access = await open_access(context)
            book = await access.ask("GET", access.address(query=[("fields", LIST_MASK)]), into=Book)
        except (SecretsUnavailable, Conflict) as error:
            return CheckResult(outcome=withheld(error))
        except GoogleRefused as refused:
            return CheckResult(outcome=refused.outcome)
        sheet_id = next((one.properties.sheet_id for one in book.sheets if one.properties.sheet_type == "GRID"), None)
        body = harmless_write(sheet_id, f"posthouse-check-{context.clock.uuid7()}")
        request = access.request("POST", access.address(":batchUpdate"), body)
        return CheckResult(outcome=await access.send(request), request=_shown(request))

    async def endpoints(self, context: TargetContext) -> tuple[EndpointDraft, ...]:
        """One worksheet per source, and each worksheet that is there."""
        try:
            access = await open_access(context)
            book = await access.ask("GET", access.address(query=[("fields", LIST_MASK)]), into=Book)
        except (SecretsUnavailable, Conflict) as error:
            raise EndpointsUnknown(withheld(error)) from error
        except GoogleRefused as refused:
            raise EndpointsUnknown(refused.outcome) from refused
        found = [one.properties for one in book.sheets if one.properties.sheet_type == "GRID"]
        return (
            EndpointDraft(name=PER_SOURCE, settings=_encode(WorksheetSettings())),
            *(
                EndpointDraft(
                    name=one.title,
                    identity=str(one.sheet_id),
                    settings=_encode(WorksheetSettings(worksheet=one.title[:100], sheet_id=one.sheet_id)),
                )
                for one in found
            ),
        )

    async def preview(self, context: TargetContext, parcel: Parcel) -> SentRequest:
        """What would be written now, into the sheet as it is. Reads it, and writes nothing.

        Raises SecretsUnavailable, Conflict `target.secret_missing`, `target.cannot_preview`.
        """
        try:
            access = await open_access(context)
            for title, items in _by_worksheet(parcel):
                intent = await _intend(access, _worksheet(parcel), title, items)
                if intent.request is not None:
                    return _shown(intent.request)
        except GoogleRefused as refused:
            raise Conflict(PREVIEW_CODE, f"The sheet could not be read. {refused.outcome.detail}".strip()) from refused
        raise Conflict(PREVIEW_CODE, "Nothing would be written: the sheet has it already, or there are no rows.")

    async def deliver(self, context: TargetContext, parcel: Parcel) -> Delivered:
        """Write the rows of all items within the deadline, in one request for each worksheet."""
        try:
            access = await open_access(context)
        except (SecretsUnavailable, Conflict) as error:
            return Delivered(outcomes=(withheld(error),) * len(parcel.items), request=None)
        except GoogleRefused as refused:
            return Delivered(outcomes=(refused.outcome,) * len(parcel.items), request=None)
        outcomes: dict[str, Outcome] = {}
        first: SentRequest | None = None
        for title, items in _by_worksheet(parcel):
            async with self._lock(context.outbound, access.settings.spreadsheet, title):
                outcome, request = await _write(access, _worksheet(parcel), title, items)
            outcomes |= {item.delivery.id: outcome for item in items}
            first = first or (None if request is None else _shown(request))
        return Delivered(outcomes=tuple(outcomes[item.delivery.id] for item in parcel.items), request=first)

    def _lock(self, outbound: Outbound, spreadsheet: str, title: str) -> asyncio.Lock:
        """Held from reading to writing: two endpoints, or two targets, may mean the same worksheet."""
        return self._locks.setdefault((id(outbound), spreadsheet, title), asyncio.Lock())


class _Intent(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be written; no request where the sheet needs nothing."""

    request: Request | None
    cells: int = 0


async def _write(
    access: Access, worksheet: WorksheetSettings, title: str, items: Sequence[Item]
) -> tuple[Outcome, Request | None]:
    try:
        intent = await _intend(access, worksheet, title, items)
        if intent.request is None:
            detail = "The sheet has it already, or there are no rows."
            return Outcome(kind=OutcomeKind.DELIVERED, code="nothing_to_write", detail=detail), None
    except GoogleRefused as refused:
        return refused.outcome, None
    outcome = await access.send(intent.request)
    if outcome.status_code == 400 and await _is_full(access, intent.cells):
        outcome = msgspec.structs.replace(outcome, code="spreadsheet_full")
    return outcome, intent.request


async def _intend(access: Access, worksheet: WorksheetSettings, title: str, items: Sequence[Item]) -> _Intent:
    """Read the sheet and make the request. Raises GoogleRefused."""
    sheet = await _find(access, worksheet, title)
    entries = [entry for item in items for entry in _entries(item)]
    standing: dict[str, Standing] = {}
    is_doubted = any(_is_doubted(item) for item in items)
    key = key_column(entry.row for entry in entries)
    if not sheet.is_new and (is_doubted or key is not None):
        keys, deliveries = await _columns(access, sheet, key)
        standing = standing_rows(keys, deliveries)
        there = set(deliveries)
        entries = [entry for entry in entries if entry.delivery not in there]
    made: Plan = plan(sheet.headers, standing, entries)
    if made.is_empty:
        return _Intent(request=None)
    request = access.request("POST", access.address(":batchUpdate"), write_of(sheet, made))
    return _Intent(request=request, cells=len(made.rows) * max(sheet.columns, made.columns))


async def _find(access: Access, worksheet: WorksheetSettings, title: str) -> Worksheet:
    """The worksheet by its title, or by its number where it was renamed; else one that is to be made."""
    found = await _read(access, title)
    if found is not None and worksheet.sheet_id in (None, found.sheet_id):
        return found
    number = own_sheet_id(title) if worksheet.sheet_id is None else worksheet.sheet_id
    book = await access.ask("GET", access.address(query=[("fields", LIST_MASK)]), into=Book)
    renamed = next((one.properties for one in book.sheets if one.properties.sheet_id == number), None)
    if renamed is not None:
        found = await _read(access, renamed.title)
    return found or Worksheet(sheet_id=own_sheet_id(title), title=title, is_new=True)


async def _read(access: Access, title: str) -> Worksheet | None:
    """A worksheet with its first row; None where none has the title, which Google calls a range that is none (400)."""
    query = [("ranges", first_row(title)), ("fields", SHEET_MASK)]
    try:
        return worksheet_in(await access.ask("GET", access.address(query=query), into=Book))
    except GoogleRefused as refused:
        if refused.outcome.status_code == 400:
            return None
        raise


async def _columns(access: Access, sheet: Worksheet, key: str | None) -> tuple[list[Cell], list[Cell]]:
    """The keys and the deliveries of all rows below the first, as far as the sheet has such columns."""
    headers = [one.strip() for one in sheet.headers]
    wanted = [name for name in (key, ID_COLUMN) if name is not None and name in headers]
    if not wanted:
        return [], []
    ranges = [("ranges", whole_column(sheet.title, headers.index(name))) for name in wanted]
    query = [*ranges, ("majorDimension", "COLUMNS"), ("valueRenderOption", "UNFORMATTED_VALUE")]
    answer = await access.ask("GET", access.address("/values:batchGet", query), into=Values)
    columns: list[list[Cell]] = [one.values[0] if one.values else [] for one in answer.value_ranges]
    found = dict(zip(wanted, columns, strict=False))
    return found.get(key or "", [])[1:], found.get(ID_COLUMN, [])[1:]


async def _is_full(access: Access, more: int) -> bool:
    """Whether the spreadsheet would get more cells than Google allows."""
    try:
        book = await access.ask("GET", access.address(query=[("fields", LIST_MASK)]), into=Book)
    except GoogleRefused:
        return False
    return cells_in(book) + more > CELLS_MAX


def _entries(item: Item) -> list[Entry]:
    event = item.delivery.event
    about: dict[str, Cell] = {
        "event.time": rfc3339(event.at),
        "event.type": event.type,
        "event.severity": str(event.severity),
        "event.subject": event.subject,
    }
    rows = rows_of(msgspec.json.decode(item.data), about=about)
    return [Entry(row=row, delivery=item.delivery.id) for row in rows]


def _is_doubted(item: Item) -> bool:
    """Whether an earlier attempt may have written it."""
    return item.delivery.attempt > 1 or item.delivery.is_maybe_sent


def _by_worksheet(parcel: Parcel) -> list[tuple[str, list[Item]]]:
    """The items by the title of the worksheet that they belong into."""
    title = _worksheet(parcel).worksheet
    groups: dict[str, list[Item]] = {}
    for item in parcel.items:
        groups.setdefault(title or item.source_name, []).append(item)
    return list(groups.items())


def _worksheet(parcel: Parcel) -> WorksheetSettings:
    return msgspec.json.decode(parcel.endpoint.settings, type=WorksheetSettings)


def _encode(settings: WorksheetSettings) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(settings))


def _shown(request: Request) -> SentRequest:
    return shown(request, secret_header="authorization")  # noqa: S106 (a header's name)
