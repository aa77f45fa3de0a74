"""A program that hands on what it is told: it posts its standard input to the URL that is its only argument.

The bearer token is the variable TOKEN. It prints what came back, and its exit code is the answer's meaning by
sysexits(3): 0 taken, 77 not allowed, 75 worth another try (also where nobody answered), 1 refused.
"""

from __future__ import annotations

import os
import sys
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

EX_TEMPFAIL, EX_NOPERM = 75, 77


def main(url: str) -> int:
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port)
    headers = {
        "authorization": f"Bearer {os.environ['TOKEN']}",
        "x-delivery": os.environ["POSTHOUSE_DELIVERY_ID"],
        "x-type": os.environ.get("POSTHOUSE_EVENT_TYPE", ""),
    }
    try:
        connection.request("POST", parts.path, sys.stdin.buffer.read(), headers)
        answer = connection.getresponse()
        sys.stdout.buffer.write(answer.read())
    except (OSError, HTTPException) as error:
        sys.stderr.write(f"{type(error).__name__}\n")
        return EX_TEMPFAIL
    if answer.status < 300:
        return 0
    if answer.status in (401, 403):
        return EX_NOPERM
    return EX_TEMPFAIL if answer.status in (408, 425, 429) or answer.status >= 500 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
