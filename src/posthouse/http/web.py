"""The dashboard's files, as `web/` was built: the same for everyone, and nothing secret in them.

    /assets/…        named by a hash of its content: kept by browsers for ever; 404 where it is not there
    any other file   asked for anew each time
    everything else  index.html, since the page itself knows its addresses

A browser is told to run and show nothing but these files (Content-Security-Policy without any `unsafe-`), and to let no
other page frame or read them. Text comes compressed where the build left a compressed copy beside it.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from pathlib import Path

from posthouse.http.ingest import Scope, Send

DASHBOARD = Path(__file__).parent / "dashboard"
"""Where the build puts it; see docs/decisions/dashboard.md."""

INDEX = "index.html"
ASSETS = "assets/"
NOT_BUILT = """\
The dashboard is not built in this checkout, so there is nothing to show here. The API and the command line work.

Build it:            scripts/setup      (it needs the npm registry, and no Node)
Meanwhile, to look:  posthouse status
"""

MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".md": "text/plain; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
"""What is served at all, by its ending."""

ENCODINGS = ((b"br", ".br"), (b"gzip", ".gz"))
FOR_EVER = b"public, max-age=31536000, immutable"
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types svelte-trusted-html",
    )
)
SAFETY = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)

_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
"""Names of files as the build gives them: no step of one begins with a dot."""

Header = tuple[bytes, bytes]


class Dashboard:
    """Serves one folder of built files. It is looked into at each request, so that a new build needs no restart."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def answer(self, scope: Scope, send: Send) -> None:
        """Answer a GET or HEAD."""
        status, headers, body = self._find(scope["path"], _encodings_of(scope["headers"]))
        headers += [*SAFETY, (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    def _find(self, path: str, encodings: frozenset[bytes]) -> tuple[int, list[Header], bytes]:
        name = path.removeprefix("/")
        found = self._read(name, encodings)
        if found is not None:
            return found
        if name.startswith(ASSETS):
            # An old page asks for what a new build has replaced: index.html in its place would only confuse it.
            return _words(HTTPStatus.NOT_FOUND, "There is no such file. Load the page again.\n")
        return self._read(INDEX, encodings) or _words(HTTPStatus.SERVICE_UNAVAILABLE, NOT_BUILT)

    def _read(self, name: str, encodings: frozenset[bytes]) -> tuple[int, list[Header], bytes] | None:
        media_type = MEDIA_TYPES.get(Path(name).suffix)
        if media_type is None or _NAME.fullmatch(name) is None:
            return None
        caching = FOR_EVER if name.startswith(ASSETS) else b"no-store" if name == INDEX else b"no-cache"
        headers = [(b"content-type", media_type.encode()), (b"cache-control", caching), (b"vary", b"accept-encoding")]
        for encoding, suffix in ENCODINGS:
            packed = self._bytes_of(name + suffix) if encoding in encodings else None
            if packed is not None:
                return HTTPStatus.OK, [*headers, (b"content-encoding", encoding)], packed
        body = self._bytes_of(name)
        return None if body is None else (HTTPStatus.OK, headers, body)

    def _bytes_of(self, name: str) -> bytes | None:
        try:
            return (self._folder / name).read_bytes()
        except OSError:
            return None


def _encodings_of(headers: list[Header]) -> frozenset[bytes]:
    """What a browser takes (RFC 9110, 12.5.3); one with any weight of zero is left out."""
    accepted = b",".join(value for name, value in headers if name == b"accept-encoding").lower()
    parts = (part.partition(b";") for part in accepted.split(b","))
    return frozenset(name.strip() for name, _, weight in parts if not re.fullmatch(rb"\s*q\s*=\s*0(\.0*)?\s*", weight))


def _words(status: HTTPStatus, text: str) -> tuple[int, list[Header], bytes]:
    return status, [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")], text.encode()
