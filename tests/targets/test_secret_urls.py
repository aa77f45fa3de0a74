"""Addresses that are secrets: which are taken, and that no trick brings one to another host or into an error."""

from __future__ import annotations

import re

import pytest

from posthouse.model.errors import BadInput
from posthouse.targets.base import extract_secrets
from posthouse.targets.secret_urls import HookRule, hook_address

GOOD = {
    "zapier": [
        "https://hooks.zapier.com/hooks/catch/123456/abcdef/",
        "https://hooks.zapier.com/hooks/catch/123456/abcdef",
        "https://hooks.zapier.com/hooks/catch/123456/abcdef/silent/",
        "https://HOOKS.zapier.com/hooks/catch/123456/abcdef/",
    ],
    "slack": ["https://hooks.slack.com/services/T000/B000/XXXX", "https://hooks.slack-gov.com/services/T0/B0/X"],
    "discord": [
        "https://discord.com/api/webhooks/123/abc-_D",
        "https://discordapp.com/api/webhooks/123/abc",
        "https://ptb.discord.com/api/v10/webhooks/123/abc?thread_id=9",
    ],
    "home-assistant": [
        "http://homeassistant.local:8123/api/webhook/-abc_1",
        "https://example.com/ha/api/webhook/x",
        "https://hooks.nabu.casa/gAAAAAB",
    ],
}

BAD = {
    "zapier": [
        "",
        "hooks.zapier.com/hooks/catch/1/secretpart/",
        "http://hooks.zapier.com/hooks/catch/1/secretpart/",
        "https://hooks.zapier.com:8443/hooks/catch/1/secretpart/",
        "https://hooks.zapier.com@evil.example/hooks/catch/1/secretpart/",
        "https://user:pass@hooks.zapier.com/hooks/catch/1/secretpart/",
        "https://hooks.zapier.com\\@evil.example/hooks/catch/1/secretpart/",
        "https://evil.example/https://hooks.zapier.com/hooks/catch/1/secretpart/",
        "https://hooks.zapier.com.evil.example/hooks/catch/1/secretpart/",
        "https://evilhooks.zapier.com/hooks/catch/1/secretpart/",
        "https://hooks.zapier.com./hooks/catch/1/secretpart/",
        "https://hooks.zapier.com/hooks/catch/../../secretpart/",
        "https://hooks.zapier.com/hooks/catch/%2e%2e/secretpart/",
        "https://hooks.zapier.com/hooks/catch/",
        "https://hooks.zapier.com/app/secretpart/",
        "https://hooks.zapier.com/hooks/catch/1/secretpart/#there",
        "https://hooks.zapier.com/hooks/catch/1/secret part/",
        "https://hooks.zаpier.com/hooks/catch/1/secretpart/",
    ],
    "slack": [
        "https://slack.com/services/T000/B000/secretpart",
        "https://hooks.slack.com/secretpart",
        "https://hooks.slack.com.evil.example/services/T/B/secretpart",
    ],
    "discord": ["https://discord.com/channels/1/secretpart", "https://discord.gg/api/webhooks/1/secretpart"],
    "home-assistant": [
        "http://homeassistant.local:8123/secretpart",
        "ftp://homeassistant.local/api/webhook/secretpart",
        "http://169.254.169.254/api/webhook/secretpart",
        "http://homeassistant.local:8123/api/webhook/a/secretpart",
    ],
    "telegram": ["secretpart", "bot123456789:secretpartsecretpartsecretpart", "123:short"],
}


def entered(kind: str, text: str) -> None:
    extract_secrets(kind, {"token" if kind == "telegram" else "url": text}, scope="s")


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in GOOD.items() for text in texts])
def test_an_address_as_its_service_gives_it_is_taken(kind: str, text: str) -> None:
    entered(kind, text)


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in BAD.items() for text in texts])
def test_any_other_is_refused_and_not_repeated(kind: str, text: str) -> None:
    with pytest.raises(BadInput) as caught:
        entered(kind, text)

    assert caught.value.code == "target.secret_invalid"
    assert "secretpart" not in caught.value.message


def test_what_is_shown_of_an_address_ends_before_its_secret() -> None:
    rule = HookRule(path=re.compile(r"/services/(?P<secret>.+)"))

    address = hook_address("https://hooks.example.com/services/T0/B0/abc123xyz?k=wxyz", (rule,), like="")

    assert address.shown == "https://hooks.example.com/services/[hidden]"
    assert "abc123xyz" not in repr(address)
    assert {"abc123xyz", "T0/B0/abc123xyz", "wxyz"} <= set(address.hidden)
