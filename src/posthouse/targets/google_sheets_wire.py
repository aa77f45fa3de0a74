"""What is said to Google Sheets, and what its answers mean: addresses, the one write of a delivery, and errors.

A write is one `spreadsheets.batchUpdate`, of which Google carries out all or nothing. Values go as `stringValue`,
`numberValue` or `boolValue` and never as `formulaValue`: so no text becomes a formula, whatever it begins with. Follows
Google's discovery document for Sheets v4 and its pages "A1 notation", "Usage limits" and "Error responses".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from posthouse.model.deliveries import Outcome, OutcomeKind
from posthouse.rules.rows import ID_COLUMN, Cell
from posthouse.rules.worksheet import Plan

CELLS_MAX = 10_000_000
"""As many as a spreadsheet may have, over all its worksheets."""

QUOTA_WAIT_S = 60.0
"""Quotas are counted by the minute, and an answer that refuses names no time."""

SHEET_MASK = (
    "sheets(properties(sheetId,title,gridProperties(rowCount,columnCount)),data(rowData(values(formattedValue))))"
)
LIST_MASK = "sheets(properties(sheetId,title,sheetType,gridProperties(rowCount,columnCount)))"

_NEW_COLUMNS = 26
_NEW_ROWS = 1_000
"""The size of a worksheet that a person makes."""

_QUOTA = frozenset({"RATE_LIMIT_EXCEEDED", "rateLimitExceeded", "userRateLimitExceeded"})
_API_OFF = frozenset({"SERVICE_DISABLED", "accessNotConfigured"})
_SCOPE = frozenset({"ACCESS_TOKEN_SCOPE_INSUFFICIENT", "insufficientPermissions"})


class Worksheet(msgspec.Struct, frozen=True, kw_only=True):
    """A worksheet as it was read, or as it is to be made (`is_new`). `headers`: its first row."""

    sheet_id: int
    title: str
    headers: tuple[str, ...] = ()
    columns: int = _NEW_COLUMNS
    is_new: bool = False


class Grid(msgspec.Struct, rename="camel"):
    """How large a worksheet is."""

    row_count: int = 0
    column_count: int = 0


class Properties(msgspec.Struct, rename="camel"):
    """A worksheet's own properties. Google leaves out what is 0 or empty."""

    sheet_id: int = 0
    title: str = ""
    sheet_type: str = "GRID"
    grid_properties: Grid = msgspec.field(default_factory=Grid)


class _Shown(msgspec.Struct, rename="camel"):
    formatted_value: str = ""


class _RowData(msgspec.Struct):
    values: list[_Shown] = []


class _Data(msgspec.Struct, rename="camel"):
    row_data: list[_RowData] = []


class _Sheet(msgspec.Struct):
    properties: Properties
    data: list[_Data] = []


class Book(msgspec.Struct):
    """A spreadsheet, as far as it was asked for."""

    sheets: list[_Sheet] = []


class _Columns(msgspec.Struct):
    values: list[list[Any]] = []


class Values(msgspec.Struct, rename="camel"):
    """What `values.batchGet` answers, by columns."""

    value_ranges: list[_Columns] = []


class Made(msgspec.Struct, rename="camel"):
    """What `spreadsheets.create` answers."""

    spreadsheet_id: str


class _Detail(msgspec.Struct):
    reason: str = ""


class _Error(msgspec.Struct):
    message: str = ""
    status: str = ""
    details: list[_Detail] = []
    errors: list[_Detail] = []


class _Problem(msgspec.Struct):
    error: _Error


def address(base: str, spreadsheet: str, verb: str = "", query: Iterable[tuple[str, str]] = ()) -> str:
    """The URL of a spreadsheet or of something within it; `verb` begins with its own / or colon."""
    text = urlencode(list(query), quote_via=quote, safe="")
    return f"{base}/v4/spreadsheets/{quote(spreadsheet, safe='')}{verb}" + (f"?{text}" if text else "")


def making_address(base: str) -> str:
    """The URL under which a spreadsheet is made; the answer is its id alone."""
    return f"{base}/v4/spreadsheets?fields=spreadsheetId"


def first_row(title: str) -> str:
    """The range of a worksheet's first row."""
    return f"{_quoted(title)}!1:1"


def whole_column(title: str, index: int) -> str:
    """The range of a column, from its first cell on."""
    return f"{_quoted(title)}!{column_letters(index)}1:{column_letters(index)}"


def column_letters(index: int) -> str:
    """What a column is called, from index 0: A … Z, AA …"""
    letters = ""
    number = index + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def own_sheet_id(title: str) -> int:
    """The number of a worksheet that is made here: the same for the same title, so that none is ever made twice."""
    return (int.from_bytes(sha256(title.encode()).digest()[:4]) >> 1) or 1


def worksheet_in(book: Book) -> Worksheet | None:
    """The one worksheet that was asked for, with its headers."""
    if not book.sheets:
        return None
    sheet = book.sheets[0]
    rows = sheet.data[0].row_data if sheet.data else []
    headers = [cell.formatted_value for cell in rows[0].values] if rows else []
    while headers and not headers[-1].strip():
        headers.pop()
    found = sheet.properties
    return Worksheet(
        sheet_id=found.sheet_id, title=found.title, headers=tuple(headers), columns=found.grid_properties.column_count
    )


def cells_in(book: Book) -> int:
    """How many cells a spreadsheet has."""
    grids = [sheet.properties.grid_properties for sheet in book.sheets]
    return sum(grid.row_count * grid.column_count for grid in grids)


def write_of(sheet: Worksheet, plan: Plan) -> bytes:
    """The body of the `batchUpdate` that carries a plan out."""
    sheet_id = sheet.sheet_id
    requests: list[dict[str, Any]] = []
    columns = sheet.columns
    if sheet.is_new:
        columns = max(_NEW_COLUMNS, plan.columns)
        grid = {"rowCount": _NEW_ROWS, "columnCount": columns, "frozenRowCount": 1}
        properties = {"sheetId": sheet_id, "title": sheet.title, "gridProperties": grid}
        requests.append({"addSheet": {"properties": properties}})
    if plan.columns > columns:
        missing = plan.columns - columns
        requests.append({"appendDimension": {"sheetId": sheet_id, "dimension": "COLUMNS", "length": missing}})
    if plan.headers:
        requests.append(_update(sheet_id, 0, plan.headers_at, plan.headers))
    if ID_COLUMN in plan.headers:
        at = plan.headers_at + plan.headers.index(ID_COLUMN)
        where = {"sheetId": sheet_id, "dimension": "COLUMNS", "startIndex": at, "endIndex": at + 1}
        hidden = {"range": where, "properties": {"hiddenByUser": True}, "fields": "hiddenByUser"}
        requests.append({"updateDimensionProperties": hidden})
    requests += [_update(sheet_id, one.row, one.column, one.values) for one in plan.changes]
    if plan.rows:
        rows = [{"values": [_cell(value) for value in row]} for row in plan.rows]
        requests.append({"appendCells": {"sheetId": sheet_id, "rows": rows, "fields": "userEnteredValue"}})
    return msgspec.json.encode({"requests": requests})


def harmless_write(sheet_id: int | None, needle: str) -> bytes:
    """The body of a write that changes nothing: to replace a text that no cell holds, in the first cell of a worksheet.

    Where there is no worksheet with cells, it is looked for everywhere.
    """
    cell = {"sheetId": sheet_id, "startRowIndex": 0, "endRowIndex": 1, "startColumnIndex": 0, "endColumnIndex": 1}
    where: dict[str, Any] = {"allSheets": True} if sheet_id is None else {"range": cell}
    replacing = {"find": needle, "replacement": needle, "matchEntireCell": True, **where}
    return msgspec.json.encode({"requests": [{"findReplace": replacing}]})


def judged(outcome: Outcome) -> Outcome:
    """What Google's own error adds to the status code."""
    error = _error_in(outcome)
    if error is None:
        return outcome
    reasons = {one.reason for one in (*error.details, *error.errors)}
    changes: Mapping[str, Any] = {}
    if outcome.status_code == 429 or (outcome.status_code == 403 and reasons & _QUOTA):
        wait_s = QUOTA_WAIT_S if outcome.retry_after_s is None else outcome.retry_after_s
        changes = {"kind": OutcomeKind.RATE_LIMITED, "code": "google_quota", "retry_after_s": wait_s}
    elif outcome.status_code == 403 and reasons & _API_OFF:
        changes = {"code": "google_api_off"}
    elif outcome.status_code == 403 and reasons & _SCOPE:
        changes = {"code": "google_scope"}
    elif outcome.status_code == 403:
        changes = {"code": "spreadsheet_forbidden"}
    elif outcome.status_code == 404:
        changes = {"kind": OutcomeKind.GONE, "code": "spreadsheet_gone"}
    return msgspec.structs.replace(outcome, detail=f"Google said: {error.message[:500]}", **changes)


def _error_in(outcome: Outcome) -> _Error | None:
    if outcome.status_code is None or outcome.status_code < 400:
        return None
    try:
        error = msgspec.json.decode(outcome.excerpt, type=_Problem).error
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return error if error.status else None


def _update(sheet_id: int, row: int, column: int, values: Iterable[Cell]) -> dict[str, Any]:
    start = {"sheetId": sheet_id, "rowIndex": row, "columnIndex": column}
    rows = [{"values": [_cell(value) for value in values]}]
    return {"updateCells": {"start": start, "rows": rows, "fields": "userEnteredValue"}}


def _cell(value: Cell) -> dict[str, Any]:
    """A cell's data. One without a value is emptied, or stays empty."""
    match value:
        case None:
            return {}
        case bool():
            return {"userEnteredValue": {"boolValue": value}}
        case int() | float():
            return {"userEnteredValue": {"numberValue": value}}
        case str():
            return {"userEnteredValue": {"stringValue": value}}


def _quoted(title: str) -> str:
    return "'" + title.replace("'", "''") + "'"
