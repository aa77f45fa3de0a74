"""The encrypted file of secrets, and the choice between it and the keyring, on a real disk."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import stat
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.model.errors import BadInput, SecretsUnavailable
from posthouse.system.secret_file import FILE_NAME, KEY_NAME, FileStore
from posthouse.system.secrets import RECORD_NAME, SecretStore, check_secret, open_secret_store

FILE = {"POSTHOUSE_SECRETS": "file"}
SECRET = "correct horse battery staple"


@pytest.fixture
def config_dir(tmp_path: Path) -> Path:
    return tmp_path / "config"


def open_store(home: Path, config_dir: Path, **environ: str) -> SecretStore:
    return open_secret_store(home, environ=FILE | environ, config_dir=config_dir)


def damage(path: Path, change: dict[str, object]) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | change))


async def code_of_get(store: SecretStore) -> str:
    with pytest.raises(SecretsUnavailable) as caught:
        await store.get("a")
    return caught.value.code


async def test_secret_survives_a_restart(home: Path, config_dir: Path) -> None:
    await open_store(home, config_dir).put("target/1/token", SECRET)

    assert await open_store(home, config_dir).get("target/1/token") == SECRET


async def test_secret_that_was_never_put_is_none_and_nothing_is_written(home: Path, config_dir: Path) -> None:
    store = open_store(home, config_dir)

    assert await store.get("absent") is None
    await store.delete("absent")

    assert not (home / FILE_NAME).exists()
    assert not config_dir.exists()


async def test_replaced_and_deleted_secrets_are_gone(home: Path, config_dir: Path) -> None:
    store = open_store(home, config_dir)
    await store.put("a", "old")
    await store.put("a", "new")
    await store.put("b", "kept")
    assert await store.get("a") == "new"

    await store.delete("a")
    await store.delete("a")

    assert await store.get("a") is None
    reopened = open_store(home, config_dir)
    assert (await reopened.get("a"), await reopened.get("b")) == (None, "kept")


async def test_no_secret_is_on_disk_in_the_clear_or_in_a_repr(home: Path, config_dir: Path) -> None:
    store = open_store(home, config_dir)
    await store.put("a", SECRET)

    assert await store.get("a") == SECRET
    for path in [*home.rglob("*"), *config_dir.rglob("*")]:
        assert SECRET.encode() not in path.read_bytes()
    assert SECRET not in repr(store)


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX")
async def test_files_are_for_their_owner_alone_and_no_temporary_one_stays(home: Path, config_dir: Path) -> None:
    await open_store(home, config_dir).put("a", SECRET)

    files = [path for folder in (home, config_dir) for path in folder.iterdir()]
    assert {path.name for path in files} == {RECORD_NAME, FILE_NAME, KEY_NAME}
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert stat.S_IMODE(config_dir.stat().st_mode) == 0o700


async def test_key_lies_outside_the_home(home: Path, config_dir: Path) -> None:
    await open_store(home, config_dir).put("a", SECRET)

    assert [path.name for path in config_dir.iterdir()] == [KEY_NAME]


async def test_many_changes_at_once_are_all_kept(home: Path, config_dir: Path) -> None:
    store = open_store(home, config_dir)

    await asyncio.gather(*[store.put(f"n{number}", str(number)) for number in range(20)])

    reopened = open_store(home, config_dir)
    assert [await reopened.get(f"n{number}") for number in range(20)] == [str(number) for number in range(20)]


@given(st.text(st.characters(codec="utf-8"), max_size=200))
def test_every_text_comes_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, value: str) -> None:
    folder = tmp_path_factory.mktemp("home")

    async def there_and_back() -> str | None:
        await open_store(folder, folder / "config").put("a", value)
        return await open_store(folder, folder / "config").get("a")

    assert asyncio.run(there_and_back()) == value


# --- keys ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"k" * 32, base64.b64encode(b"k" * 32) + b"\n"], ids=["raw", "base64"])
async def test_key_file_is_taken_from_the_environment(
    home: Path, config_dir: Path, tmp_path: Path, content: bytes
) -> None:
    key_file = tmp_path / "key"
    key_file.write_bytes(content)
    await open_store(home, config_dir, POSTHOUSE_KEY_FILE=str(key_file)).put("a", SECRET)

    assert await open_store(home, config_dir, POSTHOUSE_KEY_FILE=str(key_file)).get("a") == SECRET
    assert not config_dir.exists()


async def test_service_credential_comes_before_the_key_file(home: Path, config_dir: Path, tmp_path: Path) -> None:
    credential = tmp_path / "credentials" / "posthouse-key"
    credential.parent.mkdir()
    credential.write_bytes(b"c" * 32)
    folder = str(credential.parent)
    await open_store(home, config_dir, CREDENTIALS_DIRECTORY=folder, POSTHOUSE_KEY_FILE="/none").put("a", SECRET)

    assert await open_store(home, config_dir, POSTHOUSE_KEY_FILE=str(credential)).get("a") == SECRET


async def test_credentials_of_other_services_do_not_matter(home: Path, config_dir: Path, tmp_path: Path) -> None:
    store = open_store(home, config_dir, CREDENTIALS_DIRECTORY=str(tmp_path))

    await store.put("a", SECRET)

    assert (config_dir / KEY_NAME).exists()


async def test_missing_key_is_said_and_no_new_one_is_made(home: Path, config_dir: Path) -> None:
    await open_store(home, config_dir).put("a", SECRET)
    before = (home / FILE_NAME).read_bytes()
    (config_dir / KEY_NAME).unlink()
    store = open_store(home, config_dir)

    assert await code_of_get(store) == "secrets.key_missing"
    with pytest.raises(SecretsUnavailable, match=r"secrets\.key_missing"):
        await store.put("b", "other")

    assert not (config_dir / KEY_NAME).exists()
    assert (home / FILE_NAME).read_bytes() == before


async def test_named_key_file_is_never_made(home: Path, config_dir: Path, tmp_path: Path) -> None:
    store = open_store(home, config_dir, POSTHOUSE_KEY_FILE=str(tmp_path / "absent"))

    with pytest.raises(SecretsUnavailable, match=r"secrets\.key_missing"):
        await store.put("a", SECRET)

    assert not (tmp_path / "absent").exists()


async def test_wrong_key_is_said_and_the_file_left_alone(home: Path, config_dir: Path) -> None:
    await open_store(home, config_dir).put("a", SECRET)
    before = (home / FILE_NAME).read_bytes()
    (config_dir / KEY_NAME).write_bytes(b"x" * 32)
    store = open_store(home, config_dir)

    assert await code_of_get(store) == "secrets.key_wrong"
    with pytest.raises(SecretsUnavailable, match=r"secrets\.key_wrong"):
        await store.put("a", "other")

    assert (home / FILE_NAME).read_bytes() == before


async def test_store_works_again_when_its_key_is_back(home: Path, config_dir: Path) -> None:
    await open_store(home, config_dir).put("a", SECRET)
    key = config_dir / KEY_NAME
    key.rename(config_dir / "away")
    store = open_store(home, config_dir)
    assert await code_of_get(store) == "secrets.key_missing"

    (config_dir / "away").rename(key)

    assert await store.get("a") == SECRET


@pytest.mark.parametrize("content", [b"", b"short", b"k" * 33, b"not base64 at all, but long enough!!"])
async def test_key_that_is_no_key_is_said(home: Path, config_dir: Path, tmp_path: Path, content: bytes) -> None:
    key_file = tmp_path / "key"
    key_file.write_bytes(content)

    with pytest.raises(SecretsUnavailable, match=r"secrets\.key_invalid"):
        await open_store(home, config_dir, POSTHOUSE_KEY_FILE=str(key_file)).put("a", SECRET)


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX")
async def test_key_that_others_can_read_is_refused(home: Path, config_dir: Path) -> None:
    await open_store(home, config_dir).put("a", SECRET)
    (config_dir / KEY_NAME).chmod(0o644)

    assert await code_of_get(open_store(home, config_dir)) == "secrets.key_exposed"


# --- damage -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"version": 2, "check": "", "values": {}}', b"\x00" * 100, b'{"version": 1}']
)
async def test_file_that_is_not_ours_is_damaged_and_left_alone(home: Path, config_dir: Path, content: bytes) -> None:
    await open_store(home, config_dir).put("a", SECRET)
    (home / FILE_NAME).write_bytes(content)
    store = open_store(home, config_dir)

    assert await code_of_get(store) == "secrets.file_damaged"
    with pytest.raises(SecretsUnavailable, match=r"secrets\.file_damaged"):
        await store.put("b", "other")
    with pytest.raises(SecretsUnavailable, match=r"secrets\.file_damaged"):
        await store.delete("a")

    assert (home / FILE_NAME).read_bytes() == content


async def test_value_moved_under_another_name_is_noticed(home: Path, config_dir: Path) -> None:
    store = open_store(home, config_dir)
    await store.put("a", SECRET)
    await store.put("b", "other")
    values = json.loads((home / FILE_NAME).read_text())["values"]

    damage(home / FILE_NAME, {"values": {"a": values["b"], "b": values["a"]}})

    assert await code_of_get(open_store(home, config_dir)) == "secrets.file_damaged"


@pytest.mark.parametrize("length", [0, 5, 12, 27])
async def test_shortened_value_is_noticed(home: Path, config_dir: Path, length: int) -> None:
    await open_store(home, config_dir).put("a", SECRET)
    box = base64.b64decode(json.loads((home / FILE_NAME).read_text())["values"]["a"])

    damage(home / FILE_NAME, {"values": {"a": base64.b64encode(box[:length]).decode()}})

    assert await code_of_get(open_store(home, config_dir)) == "secrets.file_damaged"


async def test_unwritable_home_keeps_what_was_there(home: Path, config_dir: Path) -> None:
    store = open_store(home, config_dir)
    await store.put("a", SECRET)
    # A folder where the temporary file's target must go cannot be replaced by a file, even by root.
    (home / FILE_NAME).rename(home / "aside")
    (home / FILE_NAME).mkdir()

    with pytest.raises(SecretsUnavailable, match=r"secrets\.file_un(readable|writable)"):
        await store.put("a", "other")

    assert await store.get("a") == SECRET
    assert not list(home.glob(".*.tmp"))


# --- the choice ---------------------------------------------------------------------------------------------------


async def test_machine_without_a_keyring_gets_the_file_and_keeps_it(home: Path, config_dir: Path) -> None:
    # The environment of the tests names the keyring that always fails.
    store = open_secret_store(home, environ={}, config_dir=config_dir)
    again = open_secret_store(home, environ={"POSTHOUSE_SECRETS": "keyring"}, config_dir=config_dir)

    assert (store.backend, again.backend) == ("file", "file")
    assert json.loads((home / RECORD_NAME).read_text()) == {"version": 1, "backend": "file"}


async def test_environment_decides_the_first_choice(home: Path, config_dir: Path) -> None:
    store = open_secret_store(home, environ={"POSTHOUSE_SECRETS": "keyring"}, config_dir=config_dir)

    assert store.backend == "keyring"
    assert open_secret_store(home, environ={}, config_dir=config_dir).backend == "keyring"


async def test_unknown_backend_is_refused_and_nothing_is_recorded(home: Path, config_dir: Path) -> None:
    with pytest.raises(BadInput, match=r"secrets\.unknown_backend"):
        open_secret_store(home, environ={"POSTHOUSE_SECRETS": "vault"}, config_dir=config_dir)

    assert list(home.iterdir()) == []


@pytest.mark.parametrize(
    "content", [b"", b"{}", b'{"version": 1, "backend": "vault"}', b'{"version": 9, "backend": "file"}']
)
async def test_damaged_record_is_said_and_left_alone(home: Path, config_dir: Path, content: bytes) -> None:
    (home / RECORD_NAME).write_bytes(content)

    with pytest.raises(SecretsUnavailable, match=r"secrets\.record_unreadable"):
        open_secret_store(home, environ=FILE, config_dir=config_dir)

    assert (home / RECORD_NAME).read_bytes() == content


async def test_home_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(SecretsUnavailable, match=r"secrets\.file_unwritable"):
        open_secret_store(tmp_path / "absent", environ=FILE, config_dir=tmp_path)


# --- names and values ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", "A", "a b", "ä", "a\n", "a" * 201, "a\0"])
async def test_name_outside_the_alphabet_is_refused(home: Path, config_dir: Path, name: str) -> None:
    with pytest.raises(BadInput, match=r"secrets\.name_invalid"):
        await open_store(home, config_dir).put(name, SECRET)


async def test_value_over_64_kib_is_refused_without_being_repeated(home: Path, config_dir: Path) -> None:
    store = open_store(home, config_dir)
    await store.put("a", "x" * 65_536)

    with pytest.raises(BadInput) as caught:
        await store.put("a", "ü" * 32_769)

    assert caught.value.code == "secrets.value_too_large"
    assert "ü" not in str(caught.value)


@given(st.from_regex(r"[a-z0-9._/-]{1,200}", fullmatch=True))
def test_every_name_of_the_alphabet_is_taken(name: str) -> None:
    assert check_secret(name, "value") is None  # type: ignore[func-returns-value]


@given(
    st.text(max_size=250).filter(lambda text: not text or set(text) - set("abcdefghijklmnopqrstuvwxyz0123456789._/-"))
)
def test_every_other_name_is_refused(name: str) -> None:
    with pytest.raises(BadInput, match=r"secrets\.name_invalid"):
        check_secret(name)


def test_store_repr_names_only_its_file(home: Path) -> None:
    store = FileStore(home, environ={"POSTHOUSE_KEY_FILE": "/somewhere/key"})

    assert repr(store) == f"FileStore({str(home / FILE_NAME)!r})"


async def test_stored_format_is_the_documented_one(home: Path, config_dir: Path) -> None:
    await open_store(home, config_dir).put("a", "")

    stored = msgspec.json.decode((home / FILE_NAME).read_bytes())
    assert set(stored) == {"version", "check", "values"}
    # 12 bytes of nonce and 16 of tag around nothing.
    assert len(base64.b64decode(stored["values"]["a"])) == 28
