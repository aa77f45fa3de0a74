"""URLs that people enter for a target: made fit to be sent, or refused with the reason."""

from __future__ import annotations

import re
from ipaddress import ip_address

from yarl import URL

from posthouse.model.errors import BadInput
from posthouse.system.addresses import AddressClass, classify_address

URL_LENGTH_MAX = 2_048
_URL_TEXT = re.compile(r"[!#-;=?-\[\]_a-z~]+")
_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_HOST_NAME = re.compile(r"(?=.{1,254}$)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?")
_NUMERIC_HOST = re.compile(r"(0x[0-9a-f]*|[0-9]+)(\.(0x[0-9a-f]*|[0-9]+))*\.?", re.IGNORECASE)


def parse_url(text: str, *, field: str = "url") -> str:
    """An http or https URL as it goes over the wire. Raises BadInput `target.url_invalid` with the field; never
    repeats the URL.

    One that is fit to be sent stays as it was entered, byte for byte, since receivers compare or sign URLs.
    """
    if not 1 <= len(text) <= URL_LENGTH_MAX:
        raise _bad_url(field, f"It must be 1 to {URL_LENGTH_MAX} characters long.")
    if any(character.isspace() or not character.isprintable() for character in text):
        raise _bad_url(field, "It contains a space or an invisible character.")
    try:
        url = URL(text, encoded=_is_clean(text))
        port = url.port
    except ValueError as error:
        raise _bad_url(field, "It cannot be read as a URL.") from error
    if url.scheme not in ("http", "https"):
        raise _bad_url(field, "It must begin with http:// or https://.")
    host = url.raw_host
    if not host or not port:
        raise _bad_url(field, "It names no host, or port 0.")
    if url.raw_user is not None or url.raw_password is not None:
        raise _bad_url(field, "It contains a user name or password: give them as auth, where they are kept as secrets.")
    if "#" in text:
        raise _bad_url(field, "It has a fragment (#…), which is never sent.")
    _check_host(host, field)
    canonical = str(url)
    if len(canonical) > URL_LENGTH_MAX or not _is_clean(canonical):
        raise _bad_url(
            field, f"It cannot be percent-encoded, or is longer than {URL_LENGTH_MAX} characters when it is."
        )
    return canonical


def _is_clean(text: str) -> bool:
    """Whether a URL holds only characters that RFC 3986 allows, and no lone percent sign."""
    return _URL_TEXT.fullmatch(text) is not None and _LONE_PERCENT.search(text) is None


def _check_host(host: str, field: str) -> None:
    if ":" not in host and _NUMERIC_HOST.fullmatch(host) is None:
        if _HOST_NAME.fullmatch(host) is None:
            raise _bad_url(field, "Its host is not a name that can be looked up.")
        return
    try:
        ip_address(host.partition("%")[0])
    except ValueError as error:
        raise _bad_url(field, "Its host is a number that is not an IP address in the usual form.") from error
    if classify_address(host) is AddressClass.FORBIDDEN:
        raise _bad_url(field, "Its address is link-local, multicast, reserved or a cloud's metadata service.")


def _bad_url(field: str, why: str) -> BadInput:
    return BadInput("target.url_invalid", f"The URL cannot be used. {why}", field=field)
