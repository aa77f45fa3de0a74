"""The settings of an ntfy target and of its topics, and how what a person enters becomes them.

    {"url": "https://ntfy.sh", "topic": "…",
     "auth": {"kind": "none"} | {"kind": "token", "token": <secret>}
           | {"kind": "basic", "username": "…", "password": <secret>},
     "actions": ["view, Open, https://…, clear=true"], "icon": "", "pace": null | {"burst": 60, "refill_s": 5}}

The topic entered first is the first endpoint; more can be added. An endpoint is `{"topic": "…", "priority": null | 1…5,
"tags": []}`. Which topics there may be is the server's to say: here one must only not be empty.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from posthouse.model.errors import BadInput
from posthouse.targets.base import Choice, Field, FieldKind, SecretField, SecretRef, When
from posthouse.targets.entering import check_password, check_username, convert
from posthouse.targets.headers import check_header_value
from posthouse.targets.urls import parse_url
from posthouse.targets.webhook_settings import BasicAuth, NoAuth

NTFY_SH = "https://ntfy.sh"
ACTIONS_MAX = 3
TOPIC_MAX = 1_000
_KINDS = ("view", "http", "broadcast", "copy")
_AUTH = ("auth", "kind")

Tag = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
Topic = Annotated[str, msgspec.Meta(min_length=1, max_length=TOPIC_MAX)]


class TokenAuth(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="token", forbid_unknown_fields=True):
    """An access token; one that brings its own scheme (`Basic …`) is sent as it is."""

    token: SecretRef


class NtfyPace(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A server's own limit: so many requests at once, and another one every so many seconds."""

    burst: Annotated[int, msgspec.Meta(ge=1, le=100_000)]
    refill_s: Annotated[float, msgspec.Meta(gt=0, le=86_400)]


class NtfySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of it, in canonical form: the URL without a slash at its end."""

    url: str = NTFY_SH
    topic: Topic
    auth: NoAuth | TokenAuth | BasicAuth = NoAuth()
    actions: Annotated[tuple[str, ...], msgspec.Meta(max_length=ACTIONS_MAX)] = ()
    icon: str = ""
    pace: NtfyPace | None = None

    def references(self) -> tuple[str, ...]:
        """The names of all secrets in here."""
        match self.auth:
            case TokenAuth(token=ref) | BasicAuth(password=ref):
                return (ref.secret,)
        return ()


class TopicSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One topic, with what its messages have where the message itself says nothing."""

    topic: Topic
    priority: Annotated[int, msgspec.Meta(ge=1, le=5)] | None = None
    tags: Annotated[tuple[Tag, ...], msgspec.Meta(max_length=20)] = ()


SECRET_FIELDS = (
    SecretField(path=("auth", "token"), check=check_header_value),
    SecretField(path=("auth", "password"), check=check_password),
)

FIELDS = (
    Field(
        path=("topic",),
        label="Topic",
        is_required=True,
        placeholder="posthouse-7h2k9",
        help="On ntfy.sh whoever knows a topic's name can read it: choose one that nobody guesses.",
    ),
    Field(path=("url",), label="Server", kind=FieldKind.URL, default=NTFY_SH, placeholder=NTFY_SH),
    Field(
        path=_AUTH,
        label="Credentials",
        kind=FieldKind.CHOICE,
        default="none",
        choices=(
            Choice(value="none", label="None"),
            Choice(value="token", label="Access token"),
            Choice(value="basic", label="User name and password"),
        ),
    ),
    Field(
        path=("auth", "token"),
        label="Access token",
        kind=FieldKind.SECRET,
        is_required=True,
        when=When(path=_AUTH, value="token"),
    ),
    Field(path=("auth", "username"), label="User name", is_required=True, when=When(path=_AUTH, value="basic")),
    Field(
        path=("auth", "password"),
        label="Password",
        kind=FieldKind.SECRET,
        is_required=True,
        when=When(path=_AUTH, value="basic"),
    ),
    Field(
        path=("actions",),
        label="Buttons",
        kind=FieldKind.LINES,
        is_advanced=True,
        placeholder="view, Open, https://example.com",
        help="Three at most, one a line, in ntfy's own short form: action, label, address.",
    ),
    Field(path=("icon",), label="Icon", kind=FieldKind.URL, is_advanced=True, help="The address of a JPEG or PNG."),
)

ENDPOINT_FIELDS = (Field(path=("topic",), label="Topic", is_required=True, placeholder="posthouse-7h2k9"),)


def parse_settings(settings: dict[str, Any]) -> NtfySettings:
    """Settings with references in the place of secrets, in canonical form.

    Raises BadInput with the field: `target.settings_invalid`, `target.url_invalid`, `target.username_invalid`.
    """
    parsed = convert(settings, NtfySettings)
    if not parsed.topic.strip():
        raise BadInput("target.settings_invalid", "The topic is empty.", field="topic")
    if isinstance(parsed.auth, BasicAuth):
        check_username(parsed.auth.username, field="auth.username")
    for index, line in enumerate(parsed.actions):
        parse_action(line, field=f"actions.{index}")
    url = parse_url(parsed.url)
    if "?" in url:
        raise BadInput("target.url_invalid", "A server's address has no query (?…).", field="url")
    icon = parsed.icon and parse_url(parsed.icon, field="icon")
    return msgspec.structs.replace(parsed, url=url.rstrip("/"), topic=parsed.topic.strip(), icon=icon)


def parse_topic(settings: dict[str, Any]) -> TopicSettings:
    """An endpoint's settings. Raises BadInput `target.settings_invalid` with the field."""
    parsed = convert(settings, TopicSettings)
    if not parsed.topic.strip():
        raise BadInput("target.settings_invalid", "The topic is empty.", field="topic")
    return msgspec.structs.replace(parsed, topic=parsed.topic.strip())


def parse_action(line: str, *, field: str) -> dict[str, Any]:
    """A button in ntfy's short form as JSON: `view, Open, https://…, clear=true`.

    Source: https://docs.ntfy.sh/publish/#action-buttons. Raises BadInput `target.settings_invalid` with the field.
    """
    kind, *rest = (part.strip() for part in line.split(","))
    if kind not in _KINDS or not rest or not rest[0]:
        message = f"A button is an action ({', '.join(_KINDS)}), a label, and what it needs, with commas between."
        raise BadInput("target.settings_invalid", message, field=field)
    action: dict[str, Any] = {"action": kind, "label": rest[0]}
    plain = [part for part in rest[1:] if not _is_option(part)]
    if kind in ("view", "http"):
        if len(plain) != 1:
            raise BadInput("target.settings_invalid", f"The button {rest[0]!r} needs one address.", field=field)
        action["url"] = plain[0]
    elif kind == "copy":
        action["value"] = ", ".join(plain)
    for part in rest[1:]:
        if _is_option(part):
            name, _, value = part.partition("=")
            _set_option(action, name.strip(), value.strip(), field)
    return action


def _is_option(part: str) -> bool:
    name = part.partition("=")[0].strip()
    return "=" in part and (name in ("clear", "method", "body", "intent") or name.startswith(("headers.", "extras.")))


def _set_option(action: dict[str, Any], name: str, value: str, field: str) -> None:
    holder, dot, key = name.partition(".")
    if dot:
        action.setdefault(holder, {})[key] = value
    elif name == "clear":
        if value not in ("true", "false"):
            raise BadInput("target.settings_invalid", "clear is true or false.", field=field)
        action["clear"] = value == "true"
    else:
        action[name] = value
