"""A service that says how often it may be asked: all lanes to it keep to that together."""

from __future__ import annotations

import pytest

from posthouse.rules.pacing import Bucket
from posthouse.targets.webhook import WebhookTarget
from tests.parts import Parts
from tests.receiver import Receiver


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> None:
    """Webhooks are taken three at once, and another one every 5 s."""
    monkeypatch.setattr(WebhookTarget, "pacing", lambda _, __: Bucket(5.0, 3))


@pytest.mark.usefixtures("published")
async def test_a_burst_leaves_at_once_and_the_rest_at_the_pace(parts: Parts, receiver: Receiver) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("ingest", hook)
    await parts.post_batch(6)

    for wait_s, arrived in ((0.0, 3), (4.9, 3), (0.1, 4), (5.0, 5), (5.0, 6)):
        parts.advance(wait_s)
        await parts.until_count(arrived, status="delivered")
        await parts.rest()
        assert len(receiver.requests) == arrived


@pytest.mark.usefixtures("published")
async def test_two_targets_have_a_bucket_each(parts: Parts, receiver: Receiver) -> None:
    for name in ("one", "other"):
        await parts.bind("ingest", await parts.add_webhook(receiver.url, name=name))

    posted = await parts.post_batch(3)

    await parts.until_status(posted, "delivered")
    assert len(receiver.requests) == 6
