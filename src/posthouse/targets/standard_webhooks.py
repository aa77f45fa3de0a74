"""Signatures of the Standard Webhooks specification: `v1` (a shared secret) and `v1a` (a key pair, see `key_pairs`).

What is signed is `id.timestamp.body`: by HMAC-SHA256, written `v1,` + base64, or by Ed25519, written `v1a,` + base64. A
shared secret is `whsec_` + base64 of 24 to 64 random bytes. While a secret is being rotated both sign, separated by a
space, and a receiver needs to know only one of them; they may be of different versions. Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
import secrets
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    Key = bytes | Ed25519PrivateKey
    """What signs: the bytes of a shared secret, or a private key."""

PREFIX = "whsec_"
PRIVATE_PREFIX = "whsk_"
KEY_BYTES_MIN = 24
KEY_BYTES_MAX = 64
_BLOCK_BYTES = 64
TOLERANCE_S = 300


def new_secret() -> str:
    """A fresh secret of 32 random bytes."""
    return PREFIX + b64encode(secrets.token_bytes(32)).decode()


@lru_cache(maxsize=256)
def signing_key(secret: str) -> Key:
    """The key inside a shared secret or a private key. Raises ValueError, whose message does not hold the secret."""
    if secret.startswith(PRIVATE_PREFIX):
        from posthouse.targets.key_pairs import private_key  # cryptography costs memory; few sign so

        return private_key(secret)
    if not secret.startswith(PREFIX):
        raise ValueError(f"a signing secret begins with {PREFIX}, a private key with {PRIVATE_PREFIX}")
    try:
        key = b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not KEY_BYTES_MIN <= len(key) <= KEY_BYTES_MAX:
        raise ValueError(f"a signing secret is {PREFIX} and base64 of {KEY_BYTES_MIN} to {KEY_BYTES_MAX} bytes")
    return key


def sign(keys: Sequence[Key], *, message_id: str, timestamp_s: int, body: bytes) -> str:
    """The value of `webhook-signature`: one signature per key, in order."""
    signed = f"{message_id}.{timestamp_s}.".encode() + body
    return " ".join([_signature(key, signed) for key in keys])


def _signature(key: Key, signed: bytes) -> str:
    version, signature = ("v1,", _hmac_sha256(key, signed)) if isinstance(key, bytes) else ("v1a,", key.sign(signed))
    return version + binascii.b2a_base64(signature, newline=False).decode()


def _hmac_sha256(key: bytes, message: bytes) -> bytes:
    """RFC 2104 over two prepared hashes, in half the time of `hmac.digest`: that one lets go of the interpreter at each
    call, and beside a busy thread must wait to get it back.
    """
    inner, outer = (prepared.copy() for prepared in _prepared(key))
    inner.update(message)
    outer.update(inner.digest())
    return outer.digest()


@lru_cache(maxsize=256)
def _prepared(key: bytes) -> tuple[hashlib._Hash, hashlib._Hash]:
    """The hashes after the key's inner and outer pad, for keys of up to 64 bytes."""
    padded = key.ljust(_BLOCK_BYTES, b"\0")
    return hashlib.sha256(bytes(byte ^ 0x36 for byte in padded)), hashlib.sha256(bytes(byte ^ 0x5C for byte in padded))


def verify(keys: Sequence[Key], headers: Mapping[str, str], body: bytes, *, now_s: int) -> bool:
    """Whether the headers (lower-case names) sign this body with one of the keys, no more than five minutes off."""
    stamp = headers.get("webhook-timestamp", "")
    if (
        not keys
        or not (stamp.isascii() and stamp.isdigit() and len(stamp) < 16)
        or abs(now_s - int(stamp)) > TOLERANCE_S
    ):
        return False
    expected = sign(keys, message_id=headers.get("webhook-id", ""), timestamp_s=int(stamp), body=body).split(" ")
    given = headers.get("webhook-signature", "").split(" ")
    # Every pair is compared, in constant time, so that the time taken tells nothing.
    matches = [
        hmac.compare_digest(one.encode(), other.encode("utf-8", "replace")) for one in expected for other in given
    ]
    return any(matches)
