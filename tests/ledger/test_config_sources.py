"""Sources, settings, tokens and instances, in a real ledger."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from posthouse.ledger import instances, settings, sources, tokens
from posthouse.ledger.names import clean_name, id_in, is_name
from posthouse.ledger.sqlite.database import SqliteDatabase, open_sqlite
from posthouse.ledger.tokens import TokenScope
from posthouse.model.errors import BadInput, Conflict, NotFound
from posthouse.model.ids import Millis, SourceId, TokenId

NOW = Millis(1_767_225_600_000)
KINDS = ("claude-sessions", "ingest", "posthouse")


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    opened = await open_sqlite(tmp_path / "ledger.db")
    await opened.run(sources.ensure_sources, KINDS, NOW)
    yield opened
    await opened.close()


async def test_each_kind_gets_one_source_however_often_it_is_ensured(database: SqliteDatabase) -> None:
    before = await database.read(sources.list_sources)

    await database.run(sources.ensure_sources, KINDS, Millis(NOW + 1))

    after = await database.read(sources.list_sources)
    assert after == before
    assert [source.name for source in after] == list(KINDS)


async def test_only_passive_sources_start_enabled(database: SqliteDatabase) -> None:
    found = await database.read(sources.list_sources)

    assert {source.name: source.is_enabled for source in found} == {
        "claude-sessions": False,
        "ingest": True,
        "posthouse": True,
    }


async def test_source_is_found_by_id_and_by_name(database: SqliteDatabase) -> None:
    by_name = await database.read(sources.get_source, "claude-sessions")

    assert await database.read(sources.get_source, by_name.id) == by_name
    assert await database.read(sources.get_source, str(by_name.id)) == by_name


async def test_mistyped_source_is_answered_with_the_name_that_was_meant(database: SqliteDatabase) -> None:
    with pytest.raises(NotFound) as caught:
        await database.read(sources.get_source, "claude-sesions")

    assert caught.value.code == "source.not_found"
    assert "Did you mean claude-sessions?" in caught.value.message


async def test_editing_lays_choices_over_those_there_are(database: SqliteDatabase) -> None:
    source = await database.read(sources.get_source, "claude-sessions")
    await database.run(sources.edit_source, source.id, properties={"a": True, "b": False}, now=NOW)

    edited = await database.run(
        sources.edit_source, source.id, settings=msgspec.Raw(b'{"days":7}'), properties={"b": True}, now=Millis(NOW + 5)
    )

    assert edited.properties == {"a": True, "b": True}
    assert bytes(edited.settings) == b'{"days":7}'
    assert edited.updated_at == NOW + 5


async def test_enabling_twice_changes_the_routing_once(database: SqliteDatabase) -> None:
    source = await database.read(sources.get_source, "claude-sessions")
    first = await database.run(sources.enable_source, source.id, is_enabled=True, now=NOW)
    number = await database.read(lambda tx: tx.value("routing_number"))

    second = await database.run(sources.enable_source, source.id, is_enabled=True, now=Millis(NOW + 1))

    assert first.is_enabled
    assert second == first
    assert await database.read(lambda tx: tx.value("routing_number")) == number


async def test_enabling_an_unknown_source_is_not_found(database: SqliteDatabase) -> None:
    with pytest.raises(NotFound):
        await database.run(sources.enable_source, SourceId(99), is_enabled=True, now=NOW)


async def test_sources_are_paged_by_id(database: SqliteDatabase) -> None:
    first = await database.read(sources.list_sources, limit=2)
    rest = await database.read(sources.list_sources, after=first[-1].id, limit=2)

    assert [source.name for source in (*first, *rest)] == list(KINDS)


@pytest.mark.parametrize("name", ["", " a", "a ", "12", "a/b", "a\nb", "a\x00", "x" * 101, ".", "..", "\u0661\u0662"])
def test_bad_name_is_refused_by_noun(name: str) -> None:
    with pytest.raises(BadInput) as caught:
        clean_name(name, noun="target")

    assert (caught.value.code, caught.value.field) == ("target.name_invalid", "name")


@pytest.mark.parametrize("name", ["n8n", "my hook", "Küche", "2nd", "x" * 100])
def test_name_for_people_is_taken(name: str) -> None:
    assert clean_name(name, noun="target") == name


@pytest.mark.parametrize("reference", ["7", "007", "123456789012345678"])
def test_no_reference_is_both_an_id_and_a_name(reference: str) -> None:
    assert id_in(reference) is not None
    assert not is_name(reference)


async def test_settings_are_set_replaced_and_reset(database: SqliteDatabase) -> None:
    await database.run(settings.put_setting, "delivery.concurrency", "4", now=NOW)
    await database.run(settings.put_setting, "delivery.concurrency", "5", now=NOW)
    assert await database.read(settings.load_settings) == {"delivery.concurrency": "5"}

    await database.run(settings.delete_setting, "delivery.concurrency", now=NOW)
    await database.run(settings.delete_setting, "delivery.concurrency", now=NOW)

    assert await database.read(settings.load_settings) == {}


async def _add_token(database: SqliteDatabase, name: str, secret: bytes = b"s") -> tokens.Token:
    digest = hashlib.sha256(secret).digest()
    return await database.run(
        tokens.add_token, name=name, scope=TokenScope.INGEST, digest=digest, prefix="ph_abcde", now=NOW
    )


async def test_token_is_known_by_its_hash_alone(database: SqliteDatabase) -> None:
    token = await _add_token(database, "builds", b"secret")

    grants = await database.read(tokens.load_grants)

    assert grants == {hashlib.sha256(b"secret").digest(): tokens.Grant(token.id, TokenScope.INGEST)}
    assert await database.read(tokens.list_tokens) == [token]


async def test_token_name_is_taken_once(database: SqliteDatabase) -> None:
    await _add_token(database, "builds", b"1")

    with pytest.raises(Conflict) as caught:
        await _add_token(database, "builds", b"2")

    assert caught.value.code == "token.name_taken"


async def test_removed_token_grants_nothing(database: SqliteDatabase) -> None:
    token = await _add_token(database, "builds")

    await database.run(tokens.remove_token, "builds")

    assert await database.read(tokens.load_grants) == {}
    with pytest.raises(NotFound, match=r"token\.not_found"):
        await database.run(tokens.remove_token, token.id)


async def test_use_of_a_token_is_noted_and_never_goes_back(database: SqliteDatabase) -> None:
    token = await _add_token(database, "builds")
    await database.run(tokens.touch_tokens, {token.id: Millis(NOW + 9), TokenId(99): NOW})

    await database.run(tokens.touch_tokens, {token.id: NOW})

    assert (await database.read(tokens.get_token, token.id)).last_used_at == NOW + 9


def _instance(instance_id: str, at: int, machine: str = "here") -> instances.Instance:
    return instances.Instance(id=instance_id, machine=machine, pid=7, version="1", started_at=Millis(at))


async def test_start_tells_of_an_unclean_stop_until_it_was_told(database: SqliteDatabase) -> None:
    crashed = _instance("a", 1)
    assert await database.run(instances.start_instance, crashed) == []

    assert await database.run(instances.start_instance, _instance("b", 2)) == [crashed]
    await database.run(instances.tell_instances, ["a"])
    await database.run(instances.stop_instance, "b", now=Millis(3))

    assert await database.run(instances.start_instance, _instance("c", 4)) == []


async def test_crash_on_another_machine_is_not_told_here(database: SqliteDatabase) -> None:
    await database.run(instances.start_instance, _instance("a", 1, "there"))

    assert await database.run(instances.start_instance, _instance("b", 2, "here")) == []


async def test_old_starts_are_forgotten_but_the_running_and_the_untold(database: SqliteDatabase) -> None:
    await database.run(instances.start_instance, _instance("untold", 1, "there"))
    await database.run(instances.start_instance, _instance("stopped", 2))
    await database.run(instances.stop_instance, "stopped", now=Millis(3))
    await database.run(instances.start_instance, _instance("running", 4))

    assert await database.run(instances.forget_instances, "running", before=Millis(100)) == 1
