"""The encrypted file of secrets: AES-256-GCM per value, with the secret's name bound to it as associated data.

`secrets.enc` in the home is JSON: `{"version": 1, "check": <sealed>, "values": {name: <sealed>}}`, where sealed is
base64 of a 12-byte random nonce, the ciphertext and its 16-byte tag. `check` seals an empty text, so that a wrong key
is told from a damaged value. The key is 32 bytes, raw or in base64, from the first of: the service credential
`posthouse-key` (systemd's `$CREDENTIALS_DIRECTORY`), `POSTHOUSE_KEY_FILE`, `posthouse.key` in the config folder, which
is made with the first secret. What always holds: the file is replaced whole, and one that could not be read is never
written over. Source: NIST SP 800-38D (random nonces are safe up to 2^32 values under one key).
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import os
import stat
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from posthouse.model.errors import SecretsUnavailable
from posthouse.system.private_file import create_private, write_private
from posthouse.system.secrets import check_secret

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

FILE_NAME = "secrets.enc"
KEY_NAME = "posthouse.key"
CREDENTIAL_NAME = "posthouse-key"
_KEY_BYTES = 32
_NONCE_BYTES = 12
_CHECK_NAME = "/check"


class _Sealed(msgspec.Struct, frozen=True, kw_only=True):
    version: Literal[1] = 1
    check: bytes
    values: dict[str, bytes]


class FileStore:
    """Reads and decrypts the file once, then answers from memory; every change is written through."""

    backend = "file"

    def __init__(self, home: Path, *, environ: Mapping[str, str], config_dir: Path | None = None) -> None:
        self._path = home / FILE_NAME
        self._environ = {name: environ.get(name, "") for name in ("CREDENTIALS_DIRECTORY", "POSTHOUSE_KEY_FILE")}
        self._config_dir = config_dir
        self._values: dict[str, str] | None = None
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"FileStore({str(self._path)!r})"

    async def get(self, name: str) -> str | None:
        """The secret, or None. Raises SecretsUnavailable."""
        values = self._values
        if values is None:
            values = await asyncio.to_thread(self._load)
        return values.get(name)

    async def put(self, name: str, value: str) -> None:
        """Store or replace; on disk when it returns. Raises SecretsUnavailable, BadInput."""
        check_secret(name, value)
        await asyncio.to_thread(self._change, name, value)

    async def delete(self, name: str) -> None:
        """Forget; safe to repeat. Raises SecretsUnavailable, BadInput."""
        check_secret(name)
        await asyncio.to_thread(self._change, name, None)

    def _load(self) -> dict[str, str]:
        with self._lock:
            if self._values is None:
                self._values = self._read()
            return self._values

    def _change(self, name: str, value: str | None) -> None:
        """Read, change, write: the file is the truth, not the memory of it."""
        with self._lock:
            values = self._read()
            if value is None and name not in values:
                self._values = values
                return
            if value is None:
                del values[name]
            else:
                values[name] = value
            self._write(values)
            self._values = values

    def _read(self) -> dict[str, str]:
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return {}
        except OSError as error:
            message = f"The secrets in {self._path} could not be read: {error.strerror}."
            raise SecretsUnavailable("secrets.file_unreadable", message) from error
        key = self._key(may_create=False)
        try:
            sealed = msgspec.json.decode(content, type=_Sealed)
        except msgspec.DecodeError as error:
            raise self._damaged("it is not the file that Posthouse wrote") from error
        if _unseal(key, _CHECK_NAME, sealed.check) is None:
            message = f"The key at hand does not open {self._path}. Bring back the key it was made with."
            raise SecretsUnavailable("secrets.key_wrong", message)
        values: dict[str, str] = {}
        for name, box in sealed.values.items():
            value = _unseal(key, name, box)
            if value is None:
                raise self._damaged(f"the value of {name!r} was altered")
            values[name] = value
        return values

    def _write(self, values: dict[str, str]) -> None:
        key = self._key(may_create=not self._path.exists())
        sealed = _Sealed(
            check=_seal(key, _CHECK_NAME, ""),
            values={name: _seal(key, name, value) for name, value in values.items()},
        )
        try:
            write_private(self._path, msgspec.json.encode(sealed))
        except OSError as error:
            message = f"The secrets could not be written to {self._path}: {error.strerror}. Nothing was changed."
            raise SecretsUnavailable("secrets.file_unwritable", message) from error

    def _damaged(self, what: str) -> SecretsUnavailable:
        message = f"{self._path} is damaged: {what}. Restore it from a backup, or move it away and enter secrets anew."
        return SecretsUnavailable("secrets.file_damaged", message)

    def _key(self, *, may_create: bool) -> AESGCM:
        # Loaded with the first secret, because it costs some megabytes that a home without secrets never needs.
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        path, is_own = self._key_path()
        try:
            content = path.read_bytes()
        except FileNotFoundError as error:
            if not (is_own and may_create):
                message = f"The key of the secrets is missing: {path}. Bring it back; a new one cannot open them."
                raise SecretsUnavailable("secrets.key_missing", message) from error
            content = _create_key(path)
        except OSError as error:
            message = f"The key of the secrets in {path} could not be read: {error.strerror}."
            raise SecretsUnavailable("secrets.key_unreadable", message) from error
        if is_own and os.name != "nt" and stat.S_IMODE(path.stat().st_mode) & 0o077:
            message = f"Others can read the key of the secrets. Run: chmod 600 {path}"
            raise SecretsUnavailable("secrets.key_exposed", message)
        return AESGCM(_parse_key(content, path))

    def _key_path(self) -> tuple[Path, bool]:
        """Where the key lies, and whether Posthouse made it and may make it."""
        if folder := self._environ["CREDENTIALS_DIRECTORY"]:
            credential = Path(folder) / CREDENTIAL_NAME
            if credential.exists():
                return credential, False
        if named := self._environ["POSTHOUSE_KEY_FILE"]:
            return Path(named), False
        if self._config_dir is not None:
            return self._config_dir / KEY_NAME, True
        # Only the platform's own folder needs this library.
        from platformdirs import user_config_path

        return user_config_path("posthouse", appauthor=False) / KEY_NAME, True


def _create_key(path: Path) -> bytes:
    content = base64.b64encode(os.urandom(_KEY_BYTES)) + b"\n"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        create_private(path, content)
    except FileExistsError:
        return path.read_bytes()
    except OSError as error:
        message = f"A key for the secrets could not be written to {path}: {error.strerror}."
        raise SecretsUnavailable("secrets.file_unwritable", message) from error
    return content


def _parse_key(content: bytes, path: Path) -> bytes:
    if len(content) == _KEY_BYTES:
        return content
    try:
        key = base64.b64decode(content.strip(), validate=True)
    except binascii.Error:
        key = b""
    if len(key) != _KEY_BYTES:
        message = f"The key of the secrets in {path} must be 32 bytes, raw or in base64."
        raise SecretsUnavailable("secrets.key_invalid", message)
    return key


def _seal(key: AESGCM, name: str, value: str) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + key.encrypt(nonce, value.encode(), name.encode())


def _unseal(key: AESGCM, name: str, box: bytes) -> str | None:
    """The value, or None where key, name or bytes do not belong together."""
    # A part of the same library, loaded with it.
    from cryptography.exceptions import InvalidTag

    if len(box) < _NONCE_BYTES:
        return None
    try:
        return key.decrypt(box[:_NONCE_BYTES], box[_NONCE_BYTES:], name.encode()).decode()
    except (InvalidTag, UnicodeDecodeError):
        return None
