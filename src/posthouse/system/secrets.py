"""Secrets, kept apart from everything else under a name, and read back by reference only.

Two stores: the operating system's keyring, and a file encrypted with AES-256-GCM. Which one a home uses is chosen
once, when it is first opened, and recorded in `secrets.json` there, so that a keyring that appears or vanishes later
never makes secrets seem lost. Opening reads that record and no secret.

Codes of `SecretsUnavailable`: `secrets.record_unreadable`, those of the keyring (`secrets.keyring_locked`,
`secrets.keyring_slow`, `secrets.keyring_failed`, `secrets.keyring_missing`) and those of the file
(`secrets.key_missing`, `secrets.key_unreadable`, `secrets.key_invalid`, `secrets.key_exposed`, `secrets.key_wrong`,
`secrets.file_unreadable`, `secrets.file_damaged`, `secrets.file_unwritable`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Protocol

import msgspec

from posthouse.model.errors import BadInput, SecretsUnavailable
from posthouse.system.private_file import write_private

RECORD_NAME = "secrets.json"
VALUE_BYTES_MAX = 65_536
_NAME = re.compile(r"[a-z0-9._/-]{1,200}")

Backend = Literal["keyring", "file"]


class SecretStore(Protocol):
    """Where secrets lie. Names are 1 to 200 characters of `[a-z0-9./_-]`; values are text of at most 64 KiB."""

    @property
    def backend(self) -> str:
        """`keyring` or `file`."""
        ...

    async def get(self, name: str) -> str | None:
        """The secret, or None where there is none. Raises SecretsUnavailable."""
        ...

    async def put(self, name: str, value: str) -> None:
        """Store or replace. Durable when it returns. Raises SecretsUnavailable, BadInput."""
        ...

    async def delete(self, name: str) -> None:
        """Forget; safe to repeat. Raises SecretsUnavailable."""
        ...


class _Record(msgspec.Struct, frozen=True, kw_only=True):
    version: Literal[1] = 1
    backend: Backend


def open_secret_store(home: Path, *, environ: Mapping[str, str], config_dir: Path | None = None) -> SecretStore:
    """The store of this home, chosen now if it never was.

    `environ` gives `POSTHOUSE_SECRETS` (`keyring` or `file`: decides the first choice only), `CREDENTIALS_DIRECTORY`
    and `POSTHOUSE_KEY_FILE`; `config_dir` is the folder of the file store's own key (the platform's, where None). The
    home must exist. The first choice may take seconds, as it asks whether there is a keyring. Raises SecretsUnavailable
    where the record cannot be read or written, BadInput `secrets.unknown_backend`.
    """
    path = home / RECORD_NAME
    backend = _recorded(path)
    if backend is None:
        backend = _choose(environ.get("POSTHOUSE_SECRETS", ""))
        try:
            write_private(path, msgspec.json.encode(_Record(backend=backend)))
        except OSError as error:
            message = f"The choice of secret store could not be written to {path}: {error.strerror}."
            raise SecretsUnavailable("secrets.file_unwritable", message) from error
    return _open(backend, home=home, environ=environ, config_dir=config_dir)


def check_secret(name: str, value: str = "") -> None:
    """Raise BadInput `secrets.name_invalid` or `secrets.value_too_large`; the message never holds the value."""
    if _NAME.fullmatch(name) is None:
        raise BadInput("secrets.name_invalid", f"{name[:40]!r} is no name for a secret: use a-z, 0-9 and ._/- only.")
    if len(value.encode(errors="surrogatepass")) > VALUE_BYTES_MAX:
        raise BadInput("secrets.value_too_large", f"The secret {name!r} is over {VALUE_BYTES_MAX} bytes.")


def _recorded(path: Path) -> Backend | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Record).backend
    except FileNotFoundError:
        return None
    except OSError as error:
        message = f"The choice of secret store in {path} could not be read: {error.strerror}."
        raise SecretsUnavailable("secrets.record_unreadable", message) from error
    except msgspec.DecodeError as error:
        message = f'{path} is damaged. Write {{"version":1,"backend":"file"}} (or "keyring") into it, as it was before.'
        raise SecretsUnavailable("secrets.record_unreadable", message) from error


def _choose(wanted: str) -> Backend:
    match wanted:
        case "keyring" | "file":
            return wanted
        case "":
            # Loads the keyring library, which the file store never needs.
            from posthouse.system.secret_keyring import has_keyring

            return "keyring" if has_keyring() else "file"
        case _:
            message = f"POSTHOUSE_SECRETS is {wanted!r}; it can be 'keyring' or 'file'."
            raise BadInput("secrets.unknown_backend", message, field="POSTHOUSE_SECRETS")


def _open(backend: Backend, *, home: Path, environ: Mapping[str, str], config_dir: Path | None) -> SecretStore:
    """The registry of stores; each is loaded only where it is used."""
    if backend == "keyring":
        from posthouse.system.secret_keyring import KeyringStore

        return KeyringStore()
    from posthouse.system.secret_file import FileStore

    return FileStore(home, environ=environ, config_dir=config_dir)
