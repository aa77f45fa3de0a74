"""Home Assistant: an event to the webhook that triggers an automation, where it is `trigger.json`.

Home Assistant answers 200 whether or not there is such a webhook, and whether or not its automation ran, so as not to
give away which there are: a delivery says that Home Assistant was reached, no more. A HEAD request is answered without
triggering anything. Sources: https://www.home-assistant.io/docs/automation/trigger/#webhook-trigger and
`homeassistant/components/webhook/__init__.py`.
"""

from __future__ import annotations

import re
from functools import partial

from posthouse.targets.presets import Preset, PresetTarget, Probe, event_body, url_field
from posthouse.targets.secret_urls import HookAddress, HookRule, hook_address

_LIKE = "http://homeassistant.local:8123/api/webhook/…"
_RULES = (
    HookRule(path=re.compile(r"(?:/[^/]+)*/api/webhook/(?P<secret>[^/]+)"), schemes=frozenset({"http", "https"})),
    HookRule(path=re.compile(r"/(?P<secret>[^/]+)"), hosts=frozenset({"hooks.nabu.casa"})),
)


def _address(_: object, secret: str) -> HookAddress:
    return hook_address(secret, _RULES, like=_LIKE)


def _probe(_: object, address: HookAddress) -> Probe:
    return Probe(method="HEAD", address=address)


HomeAssistantTarget = partial(
    PresetTarget,
    Preset(
        title="Home Assistant",
        summary="Triggers an automation through its webhook.",
        fields=(
            url_field(
                placeholder="http://homeassistant.local:8123/api/webhook/my-secret-id",
                help="Home Assistant says yes to any webhook ID, even a wrong one: see that the automation runs.",
            ),
        ),
        takes_messages=False,
        address=_address,
        body=event_body,
        probe=_probe,
    ),
)
"""The kind `home-assistant`."""
