"""The settings of the kind `desktop-activity`, and what only it can judge about them."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from posthouse.model.errors import BadInput
from posthouse.rules.session import SessionPolicy
from posthouse.sources.base import SourceContext, SourceSettings, parse_settings

THRESHOLD_DOC = "Seconds without keyboard and mouse after which a session is over."
POLL_DOC = "How often somebody looks, in seconds; not more than threshold_s. Locks and sleeps are heard at once."


class DesktopSettings(SourceSettings, frozen=True, kw_only=True):
    """When a session is over, and how often somebody looks."""

    threshold_s: Annotated[float, msgspec.Meta(ge=5, le=86_400, description=THRESHOLD_DOC)] = 180.0
    poll_s: Annotated[float, msgspec.Meta(ge=1, le=3_600, description=POLL_DOC)] = 30.0

    @property
    def policy(self) -> SessionPolicy:
        """The same for the rules."""
        return SessionPolicy(threshold_s=self.threshold_s, poll_s=self.poll_s)


def parse_desktop_settings(settings: dict[str, Any]) -> msgspec.Raw:
    """A person's settings in canonical form. Raises BadInput `source.bad_setting` naming the field."""
    raw = parse_settings(DesktopSettings, settings)
    parsed = msgspec.json.decode(raw, type=DesktopSettings)
    if parsed.poll_s > parsed.threshold_s:
        message = f"poll_s must be at most threshold_s ({parsed.threshold_s:g} s)."
        raise BadInput("source.bad_setting", message, field="poll_s")
    return raw


def settings_of(context: SourceContext) -> DesktopSettings:
    """The settings of a source."""
    return msgspec.json.decode(context.source.settings, type=DesktopSettings)
