"""Key pairs of the Standard Webhooks specification (`v1a`): the sender alone can sign, everyone can verify.

A private key is `whsk_` + base64 of the 32 bytes of an Ed25519 private key (RFC 8032), or of the 64 that libraries in
the manner of libsodium keep, in which the public key follows; a public key is `whpk_` + base64 of its 32 bytes.
Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from posthouse.targets.standard_webhooks import PRIVATE_PREFIX

PUBLIC_PREFIX = "whpk_"
KEY_BYTES = 32


def new_private_key() -> str:
    """A fresh private key."""
    return PRIVATE_PREFIX + b64encode(Ed25519PrivateKey.generate().private_bytes_raw()).decode()


def private_key(secret: str) -> Ed25519PrivateKey:
    """The key inside a `whsk_` text. Raises ValueError, whose message does not hold it."""
    try:
        raw = b64decode(secret.removeprefix(PRIVATE_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if not secret.startswith(PRIVATE_PREFIX) or len(raw) not in (KEY_BYTES, 2 * KEY_BYTES):
        raise ValueError(f"a private key is {PRIVATE_PREFIX} and base64 of {KEY_BYTES} or {2 * KEY_BYTES} bytes")
    key = Ed25519PrivateKey.from_private_bytes(raw[:KEY_BYTES])
    if raw[KEY_BYTES:] not in (b"", key.public_key().public_bytes_raw()):
        raise ValueError("the public half of this private key is not its own")
    return key


def public_key(secret: str) -> str:
    """The `whpk_` text that verifies what a `whsk_` text signs. Raises as `private_key`."""
    return PUBLIC_PREFIX + b64encode(private_key(secret).public_key().public_bytes_raw()).decode()
