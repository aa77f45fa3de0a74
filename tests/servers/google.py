"""A small Google, as strict as the real one where Posthouse meets it: signing in, tokens, and spreadsheets.

Follows Google's discovery document for Sheets v4 (revision 20261019), its pages "A1 notation", "Usage limits", "OAuth
2.0 for Mobile & Desktop Apps" and "Server to Server Applications", and RFC 6749, 7523, 7636 and 8252: consent with PKCE
and a loopback redirect, codes of one use, refresh tokens that can be revoked, claims signed with RS256, leave for all
spreadsheets or only for those that the client made, reading by ranges and field masks, `batchUpdate` all or nothing,
ten million cells, 60 reads and 60 writes a minute, errors in Google's JSON. Left out: every request that Posthouse does
not make, formulas (to be sent one is refused), formats, and people who look at the page that asks for consent.
"""

from __future__ import annotations

import copy
import hashlib
import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from tests.receiver import Received, Reply

SPREADSHEETS = "https://www.googleapis.com/auth/spreadsheets"
FILE = "https://www.googleapis.com/auth/drive.file"
CLIENT, CLIENT_SECRET = "1234-abc.apps.googleusercontent.com", "GOCSPX-1a2b3c4d5e6f"
PER_MINUTE = 60
CELLS_MAX = 10_000_000
CELL_CHARACTERS_MAX = 50_000
STATUS = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND"}
CORNER = re.compile(r"([A-Z]*)([0-9]*)")

Value = str | float | bool


class Refused(Exception):
    """An error of the Sheets API."""

    def __init__(self, code: int, message: str, *, status: str | None = None, reason: str | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.reason = code, message, reason
        self.status = status or STATUS[code]


class Denied(Exception):
    """An error of the token endpoint."""

    def __init__(self, error: str, description: str, *, code: int = 400) -> None:
        super().__init__(error)
        self.error, self.description, self.code = error, description, code


@dataclass
class Sheet:
    """A worksheet: its cells by (row, column) from 0."""

    sheet_id: int
    title: str
    rows: int = 1_000
    columns: int = 26
    cells: dict[tuple[int, int], Value] = field(default_factory=dict)
    hidden: set[int] = field(default_factory=set)

    def table(self) -> list[list[Value]]:
        """All rows as wide as the widest, "" for an empty cell: what a person sees, hidden columns and all."""
        height = max((row for row, _ in self.cells), default=-1) + 1
        width = max((column for _, column in self.cells), default=-1) + 1
        return [[self.cells.get((row, column), "") for column in range(width)] for row in range(height)]

    def records(self) -> list[dict[str, Value]]:
        """Every row below the first by the headers, empty cells left out."""
        if not (table := self.table()):
            return []
        head, *rows = table
        return [{str(name): value for name, value in zip(head, row, strict=True) if value != ""} for row in rows]

    def move_column(self, origin: int, to: int) -> None:
        """As a person does with the mouse: everything between moves on by one."""
        order = list(range(self.columns))
        order.insert(to, order.pop(origin))
        places = {old: new for new, old in enumerate(order)}
        self.cells = {(row, places[column]): value for (row, column), value in self.cells.items()}
        self.hidden = {places[column] for column in self.hidden}


@dataclass
class Book:
    """A spreadsheet. `made_by`: the client that made it. `readers_only`: nobody may write."""

    title: str
    sheets: list[Sheet] = field(default_factory=list)
    made_by: str = ""
    readers_only: bool = False


@dataclass
class GoogleServer:
    """Google below a path. `now_s`: its clock, Unix time."""

    path: str = ""
    books: dict[str, Book] = field(default_factory=dict)
    accounts: dict[str, RSAPublicKey] = field(default_factory=dict)
    now_s: float = 1_767_225_600.0
    is_denied: bool = False
    rotates: bool = False
    api_is_off: bool = False
    refresh_tokens: dict[str, str] = field(default_factory=dict)
    """Those that stand, with the leave that each was given."""

    access_tokens: dict[str, tuple[str, float]] = field(default_factory=dict)
    """With the leave, and the time at which each ends."""

    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    tokens_given: int = 0
    used: dict[str, list[float]] = field(default_factory=lambda: {"read": [], "write": []})

    def knows(self, *refresh_tokens: str, scope: str = SPREADSHEETS) -> GoogleServer:
        """Somebody has given these tokens leave before, and has used each already."""
        for token in refresh_tokens:
            self.refresh_tokens[token] = scope
            self.access_tokens[_access_token(token, 0)] = (scope, self.now_s + 3_600)
        return self

    def answer(self, received: Received) -> Reply:
        """For a `Receiver`'s `default`."""
        parts = urlsplit(received.path)
        path = parts.path.removeprefix(self.path)
        query = parse_qs(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
        try:
            if path == "/o/oauth2/v2/auth":
                return self._consent(query)
            if path == "/token":
                return _json(200, self._token(received))
            return _json(200, self._sheets(received, path, query))
        except Denied as denied:
            return _json(denied.code, {"error": denied.error, "error_description": denied.description})
        except Refused as refused:
            details = []
            if refused.reason:
                kind = "type.googleapis.com/google.rpc.ErrorInfo"
                details = [{"@type": kind, "reason": refused.reason, "domain": "googleapis.com"}]
            error = {"code": refused.code, "message": refused.message, "status": refused.status}
            return _json(refused.code, {"error": error | ({"details": details} if details else {})})

    # Signing in.

    def _consent(self, query: dict[str, list[str]]) -> Reply:
        asked = {name: values[0] for name, values in query.items()}
        redirect = urlsplit(asked.get("redirect_uri", ""))
        is_loopback = redirect.scheme == "http" and redirect.hostname == "127.0.0.1" and redirect.port
        if asked.get("client_id") != CLIENT or not is_loopback:
            return Reply(status=400, body=b"<html>Error 400: redirect_uri_mismatch</html>")
        if asked.get("response_type") != "code" or asked.get("code_challenge_method") != "S256":
            return Reply(status=400, body=b"<html>Error 400: invalid_request</html>")
        answer = {"state": asked["state"]}
        if self.is_denied:
            answer["error"] = "access_denied"
        else:
            code = f"4/{len(self.codes)}"
            self.codes[code] = asked
            answer |= {"code": code, "scope": asked["scope"]}
        return Reply(status=302, headers={"location": f"{asked['redirect_uri']}?{urlencode(answer)}"}, body=b"")

    def _token(self, received: Received) -> dict[str, Any]:
        if received.headers.get("content-type") != "application/x-www-form-urlencoded":
            raise Denied("invalid_request", "Content type is not supported.")
        form = {name: values[0] for name, values in parse_qs(received.body.decode(), strict_parsing=True).items()}
        match form.get("grant_type"):
            case "authorization_code":
                return self._redeem(form)
            case "refresh_token":
                self._judge_client(form)
                scope = self.refresh_tokens.get(form["refresh_token"])
                if scope is None:
                    raise Denied("invalid_grant", "Token has been expired or revoked.")
                return self._give(form["refresh_token"], scope) | self._rotated(form["refresh_token"], scope)
            case "urn:ietf:params:oauth:grant-type:jwt-bearer":
                claim = self._judge_claim(form["assertion"])
                return self._give(claim["iss"], claim["scope"])
        raise Denied("unsupported_grant_type", "Invalid grant_type.")

    def _judge_client(self, form: dict[str, str]) -> None:
        if form.get("client_id") != CLIENT or form.get("client_secret") != CLIENT_SECRET:
            raise Denied("invalid_client", "The OAuth client was not found.", code=401)

    def _redeem(self, form: dict[str, str]) -> dict[str, Any]:
        self._judge_client(form)
        asked = self.codes.pop(form["code"], None)
        if asked is None:
            raise Denied("invalid_grant", "Malformed auth code.")
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if urlsafe_b64encode(digest).rstrip(b"=").decode() != asked["code_challenge"]:
            raise Denied("invalid_grant", "Invalid code verifier.")
        if not 43 <= len(form["code_verifier"]) <= 128 or form["redirect_uri"] != asked["redirect_uri"]:
            raise Denied("invalid_request", "Invalid parameter value.")
        given = self._give(form["code"], asked["scope"])
        if asked.get("access_type") == "offline":
            refresh = f"1//{len(self.refresh_tokens)}-refresh"
            self.refresh_tokens[refresh] = asked["scope"]
            given["refresh_token"] = refresh
        return given

    def _rotated(self, token: str, scope: str) -> dict[str, str]:
        if not self.rotates:
            return {}
        del self.refresh_tokens[token]
        self.refresh_tokens[f"{token}+"] = scope
        return {"refresh_token": f"{token}+"}

    def _judge_claim(self, assertion: str) -> dict[str, Any]:
        head, body, signature = assertion.split(".")
        claim: dict[str, Any] = json.loads(_decoded(body))
        key = self.accounts.get(claim["iss"])
        if json.loads(_decoded(head)) | {"kid": ""} != {"alg": "RS256", "typ": "JWT", "kid": ""} or key is None:
            raise Denied("invalid_grant", "Invalid grant: account not found")
        try:
            key.verify(_decoded(signature), f"{head}.{body}".encode(), PKCS1v15(), SHA256())
        except InvalidSignature:
            raise Denied("invalid_grant", "Invalid JWT Signature.") from None
        if not claim["iat"] - 300 <= self.now_s <= claim["exp"] or claim["exp"] - claim["iat"] > 3_600:
            raise Denied("invalid_grant", "Invalid JWT: Token must be a short-lived token (60 minutes)")
        if not claim["aud"].endswith("/token"):
            raise Denied("invalid_grant", "Invalid JWT: Failed audience check.")
        return claim

    def _give(self, whose: str, scope: str) -> dict[str, Any]:
        token = _access_token(whose, 0 if not self.tokens_given else self.tokens_given)
        self.tokens_given += 1
        self.access_tokens[token] = (scope, self.now_s + 3_599)
        return {"access_token": token, "expires_in": 3_599, "scope": scope, "token_type": "Bearer"}

    # Spreadsheets.

    def _sheets(self, received: Received, path: str, query: dict[str, list[str]]) -> dict[str, Any]:
        scheme, _, token = received.headers.get("authorization", "").partition(" ")
        scope, ends_s = self.access_tokens.get(token, ("", 0.0))
        if scheme != "Bearer" or self.now_s >= ends_s:
            raise Refused(401, "Request had invalid authentication credentials.")
        if self.api_is_off:
            raise Refused(403, "Google Sheets API has not been used in project 1 before.", reason="SERVICE_DISABLED")
        is_read = received.method == "GET"
        self._count("read" if is_read else "write")
        if path == "/v4/spreadsheets" and not is_read:
            return self._make(json.loads(received.body))
        found = re.fullmatch(r"/v4/spreadsheets/([^/:]+)(/values:batchGet|:batchUpdate)?", path)
        book = self.books.get(unquote(found[1])) if found else None
        if found is None or book is None or (scope == FILE and not book.made_by):
            raise Refused(404, "Requested entity was not found.")
        if is_read:
            return self._values(book, query) if found[2] else self._get(book, query)
        if book.readers_only:
            raise Refused(403, "The caller does not have permission")
        return self._update(unquote(found[1]), book, json.loads(received.body))

    def _count(self, what: str) -> None:
        minute = [at_s for at_s in self.used[what] if at_s // 60 == self.now_s // 60]
        if len(minute) >= PER_MINUTE:
            message = (
                f"Quota exceeded for quota metric '{what.title()} requests' and limit '{what.title()} requests per"
            )
            raise Refused(429, f"{message} minute per user'", status="RESOURCE_EXHAUSTED", reason="RATE_LIMIT_EXCEEDED")
        self.used[what] = [*minute, self.now_s]

    def _make(self, body: dict[str, Any]) -> dict[str, Any]:
        book_id = f"made-{len(self.books)}"
        self.books[book_id] = Book(title=body["properties"]["title"], sheets=[Sheet(0, "Sheet1")], made_by=CLIENT)
        return {"spreadsheetId": book_id}

    def _get(self, book: Book, query: dict[str, list[str]]) -> dict[str, Any]:
        """Only by a field mask: without one everything would come."""
        (mask,) = query["fields"]
        wanted: list[tuple[Sheet, tuple[int, int, int, int] | None]] = [(sheet, None) for sheet in book.sheets]
        if "ranges" in query:
            wanted = [*map(partial(_range, book), query["ranges"])]
        sheets = []
        for sheet, area in wanted:
            shown: dict[str, Any] = {
                "properties": {
                    "sheetId": sheet.sheet_id,
                    "title": sheet.title,
                    "sheetType": "GRID",
                    "gridProperties": {"rowCount": sheet.rows, "columnCount": sheet.columns},
                }
            }
            if area is not None and "data(" in mask:
                rows = _rows(sheet, area)
                cells = [[{"formattedValue": _formatted(one)} if one != "" else {} for one in row] for row in rows]
                shown["data"] = [{"rowData": [{"values": row} for row in cells]}]
            sheets.append(shown)
        return {"sheets": sheets}

    def _values(self, book: Book, query: dict[str, list[str]]) -> dict[str, Any]:
        if query["majorDimension"] != ["COLUMNS"] or query["valueRenderOption"] != ["UNFORMATTED_VALUE"]:
            raise Refused(400, "Not spoken by this server.")
        ranges = []
        for text in query["ranges"]:
            sheet, area = _range(book, text)
            columns = [list(column) for column in zip(*_rows(sheet, area), strict=True)]
            for column in columns:
                while column and column[-1] == "":
                    column.pop()
            ranges.append({"range": text, "majorDimension": "COLUMNS"} | ({"values": columns} if any(columns) else {}))
        return {"valueRanges": ranges}

    def _update(self, book_id: str, book: Book, body: dict[str, Any]) -> dict[str, Any]:
        """All or nothing: what is refused leaves the book as it was."""
        if not body.get("requests") or body.keys() - {"requests"}:
            raise Refused(400, "Must specify at least one request.")
        draft = copy.deepcopy(book.sheets)
        replies = [_apply(draft, request) for request in body["requests"]]
        if sum(sheet.rows * sheet.columns for sheet in draft) > CELLS_MAX:
            raise Refused(400, f"This action would increase the number of cells above the limit of {CELLS_MAX} cells.")
        book.sheets = draft
        return {"spreadsheetId": book_id, "replies": replies}


def _apply(sheets: list[Sheet], request: dict[str, Any]) -> dict[str, Any]:
    ((name, body),) = request.items()
    if name == "addSheet":
        asked = body["properties"]
        if any(sheet.title.casefold() == asked["title"].casefold() for sheet in sheets):
            raise Refused(400, f'A sheet with the name "{asked["title"]}" already exists.')
        if any(sheet.sheet_id == asked["sheetId"] for sheet in sheets):
            raise Refused(400, f"A sheet with the id {asked['sheetId']} already exists.")
        grid = asked["gridProperties"]
        sheets.append(Sheet(asked["sheetId"], asked["title"], rows=grid["rowCount"], columns=grid["columnCount"]))
        return {"addSheet": {"properties": asked}}
    place = body.get("range") or body.get("start") or body
    sheet = next((one for one in sheets if one.sheet_id == place["sheetId"]), None)
    if sheet is None:
        raise Refused(400, f"No grid with id: {place['sheetId']}")
    match name:
        case "appendDimension" if body["dimension"] == "COLUMNS":
            sheet.columns += body["length"]
        case "updateDimensionProperties" if body["fields"] == "hiddenByUser":
            sheet.hidden.update(range(place["startIndex"], place["endIndex"]))
        case "updateCells" if body["fields"] == "userEnteredValue":
            for offset, row in enumerate(body["rows"]):
                _fill(sheet, place["rowIndex"] + offset, place["columnIndex"], row["values"])
        case "appendCells" if body["fields"] == "userEnteredValue":
            last = max((row for row, _ in sheet.cells), default=-1)
            sheet.rows = max(sheet.rows, last + 1 + len(body["rows"]))
            for offset, row in enumerate(body["rows"]):
                _fill(sheet, last + 1 + offset, 0, row["values"])
        case "findReplace" if body["find"] not in sheet.cells.values():
            return {"findReplace": {}}
        case _:
            raise Refused(400, f"Not spoken by this server: {name}")
    return {}


def _fill(sheet: Sheet, row: int, column: int, values: list[dict[str, Any]]) -> None:
    if row >= sheet.rows or column + len(values) > sheet.columns:
        raise Refused(400, "Attempting to write outside the grid.")
    for offset, cell in enumerate(values):
        entered = cell.get("userEnteredValue", {})
        if entered.keys() - {"stringValue", "numberValue", "boolValue"} or len(entered) > 1:
            raise Refused(400, f"Not a value: {sorted(entered)}")
        value = next(iter(entered.values()), "")
        if isinstance(value, str) and len(value) > CELL_CHARACTERS_MAX:
            raise Refused(400, "Your input contains more than the maximum of 50000 characters in a single cell.")
        sheet.cells[row, column + offset] = value
        if value == "":
            del sheet.cells[row, column + offset]


def _range(book: Book, text: str) -> tuple[Sheet, tuple[int, int, int, int]]:
    """A range in A1 notation: the sheet, and its first and last row and column, from 0, the last not in it."""
    quoted, _, corners = text.rpartition("!")
    title = quoted[1:-1].replace("''", "'") if quoted.startswith("'") else quoted
    sheet = next((one for one in book.sheets if one.title.casefold() == title.casefold()), None)
    found = [CORNER.fullmatch(corner) for corner in corners.split(":")]
    if sheet is None or not all(found) or len(found) != 2:
        raise Refused(400, f"Unable to parse range: {text}")
    (left, top), (right, bottom) = (one.groups() for one in found if one)
    area = (
        int(top) - 1 if top else 0,
        int(bottom) if bottom else sheet.rows,
        _index(left) if left else 0,
        _index(right) + 1 if right else sheet.columns,
    )
    if area[1] > sheet.rows or area[3] > sheet.columns:
        raise Refused(400, f"Range ({text}) exceeds grid limits.")
    return sheet, area


def _rows(sheet: Sheet, area: tuple[int, int, int, int]) -> list[list[Value]]:
    """The cells of a range without empty rows at its end."""
    top, bottom, left, right = area
    last = max((row for row, column in sheet.cells if left <= column < right), default=-1)
    return [
        [sheet.cells.get((row, column), "") for column in range(left, right)]
        for row in range(top, min(bottom, last + 1))
    ]


def _index(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _formatted(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).upper()
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _access_token(whose: str, number: int) -> str:
    return f"ya29.{hashlib.sha256(whose.encode()).hexdigest()[:24]}.{number}"


def _decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _json(status: int, body: dict[str, Any]) -> Reply:
    return Reply(
        status=status, headers={"content-type": "application/json; charset=UTF-8"}, body=json.dumps(body).encode()
    )
