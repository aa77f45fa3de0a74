"""The addresses of OpenCode's servers, as a person enters them in the settings of the source `agents`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from posthouse.model.errors import BadInput

FIELD = "opencode_urls"
URL_LENGTH_MAX = 1_000
_HOST_NAME = re.compile(r"(?=.{1,254}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?")
_NUMERIC_HOST = re.compile(r"(0x[0-9a-f]*|[0-9]+)(\.(0x[0-9a-f]*|[0-9]+))*\.?")


def check_urls(urls: Sequence[str]) -> tuple[str, ...]:
    """The addresses in canonical form (`http://127.0.0.1:4096`, with the path of a proxy if there is one).

    Raises BadInput `source.bad_setting` naming the field, and which of them is wrong; it never repeats the address,
    which may hold a password.
    """
    checked: list[str] = []
    for number, url in enumerate(urls, 1):
        canonical = _check(url, f"{FIELD}: address {number}")
        if canonical in checked:
            raise _bad(f"{FIELD}: address {number} is there twice.")
        checked.append(canonical)
    return tuple(checked)


def machine_of(url: str) -> str:
    """Where the agents of a server run: its host, or "" where that is this machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return ""
    try:
        return "" if ip_address(host).is_loopback else host
    except ValueError:
        return host


def _check(url: str, which: str) -> str:
    if not (url.isascii() and url.isprintable()) or " " in url or not 1 <= len(url) <= URL_LENGTH_MAX:
        raise _bad(f"{which} must be 1 to {URL_LENGTH_MAX} printable ASCII characters without spaces.")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise _bad(f"{which} cannot be read as a URL.") from error
    if parts.scheme not in ("http", "https"):
        raise _bad(f"{which} must begin with http:// or https://.")
    if "@" in parts.netloc:
        raise _bad(
            f"{which} contains a user name or a password. Give the daemon OPENCODE_SERVER_USERNAME and "
            "OPENCODE_SERVER_PASSWORD in its environment instead."
        )
    if not host or port == 0:
        raise _bad(f"{which} names no host, or port 0.")
    if not _is_host(host):
        raise _bad(f"{which} names a host that is neither a name that can be looked up nor an IP address.")
    if "?" in url or "#" in url:
        raise _bad(f"{which} must have neither a query (?) nor a fragment (#).")
    return _canonical(parts)


def _is_host(host: str) -> bool:
    if ":" not in host and _NUMERIC_HOST.fullmatch(host) is None:
        return _HOST_NAME.fullmatch(host) is not None
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _canonical(parts: SplitResult) -> str:
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def _bad(message: str) -> BadInput:
    return BadInput("source.bad_setting", message, field=FIELD)
