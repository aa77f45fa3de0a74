"""The settings of the source `agents`."""

from __future__ import annotations

from typing import Annotated

import msgspec

from posthouse.sources.base import SourceSettings


class AgentsSettings(SourceSettings, frozen=True, kw_only=True):
    """What is heard, and when an agent counts as gone."""

    silence_s: Annotated[
        float,
        msgspec.Meta(
            ge=60, le=604_800, description="Seconds without a sign of life after which an agent counts as ended."
        ),
    ] = 21_600.0
    codex_logs: Annotated[
        bool, msgspec.Meta(description="Whether the session logs of Codex are followed, if there are any.")
    ] = True
    codex_home: Annotated[
        str, msgspec.Meta(description="The folder of Codex; empty is $CODEX_HOME, else ~/.codex.", max_length=4_096)
    ] = ""
    opencode_urls: Annotated[
        tuple[str, ...],
        msgspec.Meta(
            description="Servers of OpenCode whose events are followed (http://127.0.0.1:4096).", max_length=20
        ),
    ] = ()
