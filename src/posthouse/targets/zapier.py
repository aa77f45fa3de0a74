"""Zapier: an event to the address of a Zap that begins with "Catch Hook".

There is no way to ask such an address anything without starting the Zap, so a check posts a `posthouse.check` event,
which is also the sample that Zapier's editor asks for. Source: https://help.zapier.com/hc/en-us/articles/8496288690317
"""

from __future__ import annotations

import re
from functools import partial

from posthouse.targets.presets import Preset, PresetTarget, event_body, url_field
from posthouse.targets.secret_urls import HookAddress, HookRule, hook_address

_LIKE = "https://hooks.zapier.com/hooks/catch/123456/abcdef/"
_RULES = (
    HookRule(
        hosts=frozenset({"hooks.zapier.com"}),
        path=re.compile(r"/hooks/catch/(?P<secret>[A-Za-z0-9_-]+(?:/[A-Za-z0-9_-]+)*/?)"),
    ),
)


def _address(_: object, secret: str) -> HookAddress:
    return hook_address(secret, _RULES, like=_LIKE)


ZapierTarget = partial(
    PresetTarget,
    Preset(
        title="Zapier",
        summary="Starts a Zap that begins with Webhooks by Zapier, Catch Hook.",
        fields=(
            url_field(
                placeholder=_LIKE,
                help="In Zapier: trigger Webhooks by Zapier, event Catch Hook, tab Test. It is kept as a secret.",
            ),
        ),
        takes_messages=False,
        address=_address,
        body=event_body,
    ),
)
"""The kind `zapier`."""
