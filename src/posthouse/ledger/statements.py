"""Named SQL: every statement stands in a `.sql` file under a name and a line of description.

    -- name: statement_name
    -- One line that says what it does.
    SELECT …;

All files of one engine's folder share one name space. A text may hold several statements; they run in order.
"""

from __future__ import annotations

from importlib.resources import files
from types import MappingProxyType

MARK = "-- name:"


def load_statements(package: str) -> MappingProxyType[str, str]:
    """Every named statement of the package's `.sql` files. Raises ValueError on a doubled or empty name."""
    found: dict[str, str] = {}
    for file in sorted(files(package).iterdir(), key=lambda entry: entry.name):
        if not file.name.endswith(".sql"):
            continue
        _, *blocks = file.read_text(encoding="utf-8").split(MARK)
        for block in blocks:
            name, _, text = block.partition("\n")
            name = name.strip()
            if not name or name in found:
                raise ValueError(f"statement {name!r} in {file.name} is empty or doubled")
            found[name] = "\n".join(line for line in text.splitlines() if not line.startswith("--")).strip()
    return MappingProxyType(found)
