"""Signatures, beside the library of the people who specified them."""

from __future__ import annotations

from base64 import b64decode, b64encode
from datetime import UTC, datetime

import pytest
import standardwebhooks.webhooks
from hypothesis import given
from hypothesis import strategies as st

from posthouse.targets.standard_webhooks import PREFIX, TOLERANCE_S, new_secret, sign, signing_key, verify

NOW_S = 1_767_225_600
keys = st.binary(min_size=24, max_size=64)


def headers_for(key: bytes, *, body: bytes = b"{}", timestamp_s: int = NOW_S) -> dict[str, str]:
    signature = sign([key], message_id="msg", timestamp_s=timestamp_s, body=body)
    return {"webhook-id": "msg", "webhook-timestamp": str(timestamp_s), "webhook-signature": signature}


def test_known_message_has_the_signature_of_the_specification() -> None:
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    signature = sign(
        [signing_key(secret)],
        message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp_s=1_614_265_330,
        body=b'{"test": 2432232314}',
    )

    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@given(keys, st.text(st.characters(codec="utf-8"), max_size=200), st.integers(0, 4_000_000_000))
def test_signature_equals_that_of_the_specifications_own_library(key: bytes, text: str, timestamp_s: int) -> None:
    secret = PREFIX + b64encode(key).decode()
    instant = datetime.fromtimestamp(timestamp_s, UTC)

    signature = sign([signing_key(secret)], message_id="msg", timestamp_s=timestamp_s, body=text.encode())

    assert signature == standardwebhooks.webhooks.Webhook(secret).sign("msg", instant, text)


@given(st.lists(keys, min_size=1, max_size=2, unique=True), st.binary(max_size=100))
def test_each_of_several_secrets_verifies(several: list[bytes], body: bytes) -> None:
    signature = sign(several, message_id="msg", timestamp_s=NOW_S, body=body)
    headers = {"webhook-id": "msg", "webhook-timestamp": str(NOW_S), "webhook-signature": signature}

    assert all(verify([key], headers, body, now_s=NOW_S) for key in several)


@given(keys, keys, st.binary(max_size=50), st.binary(max_size=50))
def test_other_key_or_other_body_does_not_verify(key: bytes, other: bytes, body: bytes, forged: bytes) -> None:
    headers = headers_for(key, body=body)

    assert verify([other], headers, body, now_s=NOW_S) is (other == key)
    assert verify([key], headers, forged, now_s=NOW_S) is (forged == body)


@pytest.mark.parametrize(
    ("offset_s", "is_valid"),
    [(0, True), (TOLERANCE_S, True), (-TOLERANCE_S, True), (TOLERANCE_S + 1, False), (-TOLERANCE_S - 1, False)],
)
def test_timestamp_may_be_five_minutes_off(offset_s: int, is_valid: bool) -> None:
    key = b"k" * 32

    assert verify([key], headers_for(key, timestamp_s=NOW_S + offset_s), b"{}", now_s=NOW_S) is is_valid


@pytest.mark.parametrize(
    "change",
    [
        {"webhook-id": "other"},
        {"webhook-timestamp": str(NOW_S + 1)},
        {"webhook-timestamp": ""},
        {"webhook-timestamp": "-1"},
        {"webhook-timestamp": "١"},
        {"webhook-timestamp": "9" * 5_000},
        {"webhook-signature": ""},
        {"webhook-signature": "v1,"},
        {"webhook-signature": "ü \ud800"},
    ],
)
def test_altered_header_does_not_verify(change: dict[str, str]) -> None:
    key = b"k" * 32

    assert not verify([key], headers_for(key) | change, b"{}", now_s=NOW_S)
    assert not verify([], headers_for(key) | change, b"{}", now_s=NOW_S)


@given(st.dictionaries(st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature"]), st.text()))
def test_no_headers_make_verification_fail_loudly(headers: dict[str, str]) -> None:
    assert verify([b"k" * 32], headers, b"{}", now_s=NOW_S) is False


def test_new_secrets_are_fresh_and_of_full_length() -> None:
    secrets = {new_secret() for _ in range(50)}

    assert len(secrets) == 50
    assert {len(b64decode(secret.removeprefix(PREFIX))) for secret in secrets} == {32}


@pytest.mark.parametrize("length", [24, 32, 64])
def test_secret_of_allowed_length_is_taken(length: int) -> None:
    assert signing_key(PREFIX + b64encode(b"k" * length).decode()) == b"k" * length


@pytest.mark.parametrize(
    "secret",
    [
        "",
        PREFIX,
        b64encode(b"k" * 32).decode(),
        "whpk_" + b64encode(b"k" * 32).decode(),
        PREFIX + b64encode(b"k" * 23).decode(),
        PREFIX + b64encode(b"k" * 65).decode(),
        PREFIX + "not base64!" * 4,
        PREFIX + "ü" * 40,
        PREFIX + b64encode(b"k" * 32).decode() + "\n",
    ],
)
def test_secret_that_is_none_is_refused_without_being_repeated(secret: str) -> None:
    with pytest.raises(ValueError, match="signing secret") as caught:
        signing_key(secret)

    assert len(secret) < 8 or secret not in str(caught.value)
