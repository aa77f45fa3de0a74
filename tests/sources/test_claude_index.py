"""The index of identities, and the overlay that it stands on, against plain dictionaries."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from posthouse.model.sources import Emission, StatePut
from posthouse.sources.agent_logs.claude_index import Index, Meeting, entries_of
from posthouse.sources.agent_logs.overlay import Overlay
from tests.sources.support import MemoryState

# First bytes at the ends of the ranges, so that first, last and neighbouring buckets are met.
_identities = st.builds(
    lambda first, last: bytes([*first, 0, 0, 0, 0, 0, last]),
    st.tuples(st.sampled_from([0, 3, 4, 255]), st.sampled_from([0, 15, 16, 255])),
    st.integers(0, 2),
)
_files = st.sampled_from([b"file-one", b"file-two", b"file-xyz"])
_batches = st.lists(st.tuples(_files, st.lists(_identities, max_size=6)), max_size=5)


async def settled(index: Index) -> set[Meeting]:
    """Everything that met."""
    return {meeting async for meetings in index.settle() for meeting in meetings}


@given(st.lists(st.tuples(_batches, st.booleans()), max_size=5), _files)
async def test_whatever_is_put_aside_the_index_knows_who_holds_what_and_who_met(
    rounds: list[tuple[list[tuple[bytes, list[bytes]]], bool]], gone: bytes
) -> None:
    memory = MemoryState()
    held: dict[bytes, list[bytes]] = defaultdict(list)
    for batches, is_put_aside in rounds:
        state = Overlay(memory)
        index = Index(state, 0)
        before = {identity: list(files) for identity, files in held.items()}
        for file, identities in batches:
            index.add(identities, file)
            for identity in identities:
                held[identity].append(file)
            if is_put_aside:
                index.put_aside()
        expected = {
            frozenset(files)
            for identity, files in held.items()
            if len(files) > 1 and len(files) > len(before.get(identity, []))
        }
        assert await settled(index) == expected
        assert index.chunks == 0
        memory.commit(state.drain())
        held = defaultdict(list, {identity: sorted(set(files)) for identity, files in held.items()})
    assert found(memory) == sorted(identity + file for identity, files in held.items() for file in files)

    state = Overlay(memory)
    await Index(state, 0).remove([identity + gone for identity in held])
    memory.commit(state.drain())
    left = [identity + file for identity, files in held.items() for file in files if file != gone]
    assert found(memory) == sorted(left)


def found(memory: MemoryState) -> list[bytes]:
    """All entries in the buckets; nothing else is left behind."""
    assert all(key.startswith("index:") for key in memory.stored)
    return [entry for _, value in sorted(memory.stored.items()) for entry in entries_of(value)]


_keys = st.sampled_from(["a:1", "a:2", "b:1", "b:2", "c"])
_changes = st.lists(st.tuples(st.sampled_from(["put", "delete", "drain", "load"]), _keys, st.binary(max_size=3)))


@given(st.dictionaries(_keys, st.binary(max_size=3)), _changes)
async def test_an_overlay_reads_as_if_its_changes_were_written(
    stored: dict[str, bytes], changes: list[tuple[str, str, bytes]]
) -> None:
    memory = MemoryState()
    memory.stored = dict(stored)
    overlay, expected = Overlay(memory), dict(stored)
    for deed, key, value in changes:
        match deed:
            case "put":
                overlay.put(key, value)
                expected[key] = value
            case "delete":
                overlay.delete(key)
                expected.pop(key, None)
            case "load":
                await overlay.load([key, "a:1"])
            case _:
                memory.commit(overlay.drain())
                assert (memory.stored, overlay.size, overlay.count) == (expected, 0, 0)
        await check(overlay, expected)
    outer = Overlay(memory)
    await outer.take(overlay.drain())
    await outer.take(Emission(state_puts=(StatePut("c", b"new"),)))
    await check(outer, expected | {"c": b"new"})
    size = outer.size
    assert size == sum(len(put.value) for put in outer.drain().state_puts)


async def check(state: Any, expected: dict[str, bytes]) -> None:
    """Every way to read tells the same."""
    keys = ["a:1", "a:2", "b:1", "b:2", "c", "d"]
    assert await state.get_many(keys) == expected
    assert {key: value for key in keys if (value := await state.get(key)) is not None} == expected
    assert list((await state.items("")).items()) == sorted(expected.items())
    assert await state.items("a:") == {key: value for key, value in expected.items() if key.startswith("a:")}
    assert await state.between("a:2", "b:2") == {key: value for key, value in expected.items() if "a:2" <= key < "b:2"}
