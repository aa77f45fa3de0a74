"""Request headers that people configure, for a target or for a binding: what may be set, and how it is shown.

Names are kept in lower case. Those that frame the message, that carry credentials, or that Posthouse itself sets are
reserved; credentials go into a target's `auth`, where they are kept as secrets.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from posthouse.model.errors import BadInput

HIDDEN = "[hidden]"
HEADERS_MAX = 50
VALUE_BYTES_MAX = 4_096
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]{1,100}")
_CONNECTION = frozenset(("connection", "expect", "host", "http2-settings", "keep-alive", "te", "trailer", "upgrade"))
_FRAMING = frozenset(("accept-encoding", "content-encoding", "content-length", "transfer-encoding"))
_CREDENTIALS = frozenset(("authorization", "cookie", "proxy-authorization"))
_OWN = frozenset(("content-type", "user-agent", "webhook-id", "webhook-timestamp", "webhook-signature"))


def check_headers(headers: Mapping[str, str], *, field: str = "headers") -> dict[str, str]:
    """The headers with their names in lower case.

    Raises BadInput with the field: `target.header_invalid`, `target.header_reserved`, `target.headers_too_many`.
    """
    if len(headers) > HEADERS_MAX:
        message = f"{len(headers)} headers are too many; {HEADERS_MAX} can be set."
        raise BadInput("target.headers_too_many", message, field=field)
    checked: dict[str, str] = {}
    for name, value in headers.items():
        lower = check_header_name(name, field=f"{field}.{name[:100]}")
        if lower in _CREDENTIALS:
            message = f"The header {lower} carries credentials: set it with auth, where it is kept as a secret."
            raise BadInput("target.header_reserved", message, field=f"{field}.{name}")
        if lower in checked:
            raise BadInput("target.header_invalid", f"The header {lower} is given twice.", field=f"{field}.{name}")
        try:
            check_header_value(value)
        except ValueError as error:
            raise BadInput("target.header_invalid", f"{lower}: {error}", field=f"{field}.{name}") from error
        checked[lower] = value
    return checked


def check_header_name(name: str, *, field: str) -> str:
    """A header name in lower case, which may be a credential's. Raises BadInput as `check_headers` does."""
    lower = name.lower()
    if _TOKEN.fullmatch(lower) is None:
        raise BadInput("target.header_invalid", f"{name[:100]!r} is not the name of a header.", field=field)
    if lower in _CONNECTION | _FRAMING | _OWN:
        raise BadInput("target.header_reserved", f"The header {lower} is set by Posthouse itself.", field=field)
    return lower


def check_header_value(value: str) -> None:
    """Raise ValueError, without the value, where a text cannot stand in a header: printable ASCII, 4,096 at most."""
    if not value or len(value) > VALUE_BYTES_MAX or value != value.strip():
        raise ValueError(f"must be 1 to {VALUE_BYTES_MAX} characters, without spaces at either end")
    if not (value.isascii() and value.isprintable()):
        raise ValueError("must be printable ASCII, on one line")
