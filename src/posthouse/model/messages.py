"""Messages: what a person is told of an event, for targets that speak to people, and the owner's own words for it."""

from __future__ import annotations

import msgspec

from posthouse.model.events import Severity

PRIORITY = {Severity.INFO: 3, Severity.SUCCESS: 3, Severity.WARNING: 4, Severity.ERROR: 4}
"""The priority of a message where only the severity of what it tells of is known."""

TITLE_MAX = 250
"""Characters."""

BODY_MAX = 32_768
"""Characters; a target may cut it shorter, and says so."""

TAGS_MAX = 10
TAG_MAX = 50
"""Characters of one tag."""

CLICK_MAX = 2_048
"""Characters."""


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One message. `priority`: 1 (least) to 5 (most urgent), 3 where nothing is said. `click`: a URL to open, or ""."""

    title: str
    body: str
    priority: int = 3
    tags: tuple[str, ...] = ()
    click: str = ""


class MessageTemplate(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A binding's own words: each part a template (see `rules.templates`). What is None, or comes out empty, keeps its
    default. `priority` comes out as 1 to 5, each of `tags` as one tag or several with commas between them, `click` as
    a URL.
    """

    title: str | None = None
    body: str | None = None
    priority: str | None = None
    tags: tuple[str, ...] = ()
    click: str | None = None
