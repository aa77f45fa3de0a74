"""The settings of a Google Sheets target and of its worksheets, and how what a person enters becomes them.

    {"spreadsheet": "<id>", "made": "<id>" | "",
     "auth": {"kind": "oauth", "client_id": "…", "client_secret": null | <secret>, "refresh_token": <secret>}
           | {"kind": "service_account", "file": <secret>},
     "url": "https://sheets.googleapis.com"}

`spreadsheet` is entered as an address or an id; where it is empty, one is made, and `made` then says that it was. Of an
account that is signed in, a spreadsheet that was made here needs leave for nothing else (`drive.file`); one that was
there before needs leave for all spreadsheets, since Google has none for a single one outside its own picker.

An endpoint is `{"worksheet": "…", "sheet_id": null | 0…}`; an empty worksheet means one per source, by its name.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

import msgspec

from posthouse.model.errors import BadInput
from posthouse.targets.base import Choice, Field, FieldKind, SecretField, SecretRef, When
from posthouse.targets.entering import convert
from posthouse.targets.google_accounts import check_service_account
from posthouse.targets.headers import check_header_value
from posthouse.targets.urls import parse_url

GOOGLE = "https://sheets.googleapis.com"
MADE_SCOPE = "https://www.googleapis.com/auth/drive.file"
ANY_SCOPE = "https://www.googleapis.com/auth/spreadsheets"
_AUTH = ("auth", "kind")
_IN_URL = re.compile(r"/spreadsheets/(?:u/\d+/)?d/([A-Za-z0-9_-]+)")
_ID = re.compile(r"[A-Za-z0-9_-]{1,200}")

Title = Annotated[str, msgspec.Meta(max_length=100)]


class OAuth(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="oauth", forbid_unknown_fields=True):
    """An account that a person signed in with, through an OAuth client of their own."""

    client_id: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
    client_secret: SecretRef | None = None
    refresh_token: SecretRef


class ServiceAccount(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="service_account", forbid_unknown_fields=True
):
    """An account for programs. `file` is the whole JSON key file."""

    file: SecretRef


class SheetsSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of it, in canonical form: the spreadsheet by its id."""

    auth: OAuth | ServiceAccount
    spreadsheet: str = ""
    made: str = ""
    url: str = GOOGLE

    def references(self) -> tuple[str, ...]:
        """The names of all secrets in here."""
        match self.auth:
            case OAuth(client_secret=secret, refresh_token=token):
                return (token.secret,) if secret is None else (token.secret, secret.secret)
            case ServiceAccount(file=file):
                return (file.secret,)

    @property
    def scope(self) -> str:
        """What the account is asked to allow."""
        return MADE_SCOPE if self.spreadsheet == self.made else ANY_SCOPE


class WorksheetSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One worksheet. `sheet_id`: Google's own number of it, which outlives a renaming."""

    worksheet: Title = ""
    sheet_id: Annotated[int, msgspec.Meta(ge=0, lt=2**31)] | None = None


SECRET_FIELDS = (
    SecretField(path=("auth", "client_secret"), check=check_header_value),
    SecretField(path=("auth", "refresh_token"), check=check_header_value),
    SecretField(path=("auth", "file"), check=check_service_account),
)

FIELDS = (
    Field(
        path=_AUTH,
        label="Account",
        kind=FieldKind.CHOICE,
        default="oauth",
        choices=(
            Choice(value="oauth", label="Sign in with Google"),
            Choice(value="service_account", label="A service account's key file"),
        ),
    ),
    Field(
        path=("auth", "client_id"),
        label="Client id",
        is_required=True,
        placeholder="….apps.googleusercontent.com",
        help="Of an OAuth client of the type Desktop app, made in Google's Cloud console.",
        when=When(path=_AUTH, value="oauth"),
    ),
    Field(
        path=("auth", "client_secret"),
        label="Client secret",
        kind=FieldKind.SECRET,
        is_required=True,
        help="Google shows it beside the client id.",
        when=When(path=_AUTH, value="oauth"),
    ),
    Field(
        path=("auth", "file"),
        label="Key file",
        kind=FieldKind.SECRET,
        is_required=True,
        help="All of the JSON file. Share the spreadsheet with the account's address, as an editor.",
        when=When(path=_AUTH, value="service_account"),
    ),
    Field(
        path=("spreadsheet",),
        label="Spreadsheet",
        placeholder="https://docs.google.com/spreadsheets/d/…",
        help="Its address. Left empty, a new one is made.",
    ),
    Field(
        path=("auth", "refresh_token"),
        label="Google account",
        kind=FieldKind.SIGN_IN,
        is_required=True,
        when=When(path=_AUTH, value="oauth"),
    ),
    Field(
        path=("url",),
        label="Server",
        kind=FieldKind.URL,
        is_advanced=True,
        default=GOOGLE,
        help="Only for an emulator of Google, which people then sign in at, too.",
    ),
)

ENDPOINT_FIELDS = (
    Field(path=("worksheet",), label="Worksheet", is_required=True, help="Its title. It is made where there is none."),
)


def parse_settings(settings: dict[str, Any]) -> SheetsSettings:
    """Settings with references in the place of secrets, in canonical form.

    Raises BadInput with the field: `target.settings_invalid`, `target.url_invalid`.
    """
    parsed = convert(settings, SheetsSettings)
    url = parse_url(parsed.url)
    if "?" in url:
        raise BadInput("target.url_invalid", "A server's address has no query (?…).", field="url")
    auth = parsed.auth
    if isinstance(auth, OAuth):
        auth = msgspec.structs.replace(auth, client_id=auth.client_id.strip())
    elif not parsed.spreadsheet.strip():
        # It would be made in a drive that no person can look into.
        message = "A service account needs the address of a spreadsheet that was shared with it."
        raise BadInput("target.settings_invalid", message, field="spreadsheet")
    return msgspec.structs.replace(
        parsed, url=url.rstrip("/"), auth=auth, spreadsheet=_spreadsheet_id(parsed.spreadsheet.strip())
    )


def parse_worksheet(settings: dict[str, Any]) -> WorksheetSettings:
    """An endpoint's settings. Raises BadInput `target.settings_invalid` with the field."""
    parsed = convert(settings, WorksheetSettings)
    return msgspec.structs.replace(parsed, worksheet=parsed.worksheet.strip())


def _spreadsheet_id(entered: str) -> str:
    """The id in a spreadsheet's address, or what was entered where that can be one."""
    found = _IN_URL.search(entered)
    if found is not None:
        return found[1]
    if entered and _ID.fullmatch(entered) is None:
        message = "This is no spreadsheet's address: open it in a browser and copy what stands in the address bar."
        raise BadInput("target.settings_invalid", message, field="spreadsheet")
    return entered
