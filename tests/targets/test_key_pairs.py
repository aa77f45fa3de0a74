"""Key pairs: what the private half signs, whoever has the public half can verify, by RFC 8032 and without our code.

The Python libraries of Standard Webhooks know `v1` only and pass over `v1a` (which is tested here too), so its
signatures are verified by cryptography, over what the specification says is signed.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from datetime import UTC, datetime

import pytest
import standardwebhooks.webhooks
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from posthouse.targets.key_pairs import PUBLIC_PREFIX, new_private_key, private_key, public_key
from posthouse.targets.standard_webhooks import PRIVATE_PREFIX, new_secret, sign, signing_key, verify

SEED = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
PUBLIC = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
"""RFC 8032, section 7.1, test 2."""


def secret_of(raw: bytes) -> str:
    return PRIVATE_PREFIX + b64encode(raw).decode()


def verifier(text: str) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(b64decode(text.removeprefix(PUBLIC_PREFIX)))


def test_public_key_is_that_of_the_standard() -> None:
    assert public_key(secret_of(SEED)) == PUBLIC_PREFIX + b64encode(PUBLIC).decode()
    assert public_key(secret_of(SEED + PUBLIC)) == public_key(secret_of(SEED))


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200), st.integers(0, 4_000_000_000))
def test_what_the_private_key_signs_the_public_key_verifies(seed: bytes, body: bytes, timestamp_s: int) -> None:
    secret = secret_of(seed)

    version, _, signature = sign([signing_key(secret)], message_id="msg", timestamp_s=timestamp_s, body=body).partition(
        ","
    )

    assert version == "v1a"
    verifier(public_key(secret)).verify(b64decode(signature), f"msg.{timestamp_s}.".encode() + body)
    with pytest.raises(InvalidSignature):
        verifier(public_key(secret)).verify(b64decode(signature), f"msg.{timestamp_s}.".encode() + body + b" ")


def test_during_a_change_over_either_half_of_the_header_will_do() -> None:
    shared, pair = new_secret(), new_private_key()
    now_s = int(datetime.now(UTC).timestamp())

    signature = sign([signing_key(pair), signing_key(shared)], message_id="msg", timestamp_s=now_s, body=b"{}")
    headers = {"webhook-id": "msg", "webhook-timestamp": str(now_s), "webhook-signature": signature}

    assert [one.split(",")[0] for one in signature.split(" ")] == ["v1a", "v1"]
    assert standardwebhooks.webhooks.Webhook(shared).verify(b"{}", headers) == {}
    assert all(verify([signing_key(one)], headers, b"{}", now_s=now_s) for one in (shared, pair))
    assert not verify([signing_key(new_private_key())], headers, b"{}", now_s=now_s)


def test_new_keys_are_fresh() -> None:
    assert len({public_key(new_private_key()) for _ in range(20)}) == 20


@pytest.mark.parametrize(
    "secret",
    [
        PRIVATE_PREFIX,
        b64encode(SEED).decode(),
        PUBLIC_PREFIX + b64encode(SEED).decode(),
        secret_of(SEED[:31]),
        secret_of(SEED + PUBLIC[:31]),
        secret_of(SEED + SEED),
        PRIVATE_PREFIX + "not base64!" * 4,
    ],
)
def test_private_key_that_is_none_is_refused_without_being_repeated(secret: str) -> None:
    with pytest.raises(ValueError, match="private key") as caught:
        private_key(secret)

    assert len(secret) < 8 or secret not in str(caught.value)
