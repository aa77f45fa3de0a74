"""Expectations: set, left as they were, begun anew, and heard by."""

from __future__ import annotations

import pytest

from posthouse.ledger.binding_changes import Waiting, remove_binding
from posthouse.ledger.expectations import expect, expect_anew, list_expectations, mark_told, silence_of
from posthouse.ledger.sources import enable_source, get_source
from posthouse.model.expectations import Expectation, Subject
from posthouse.model.ids import BindingId, Millis, SourceId
from tests.ledger.scene import Scene

BINDING = BindingId(1)


async def source_id(scene: Scene) -> SourceId:
    return (await scene.database.read(get_source, "ingest")).id


async def listed(scene: Scene) -> list[Expectation]:
    return await scene.database.read(list_expectations)


async def test_what_is_expected_names_its_subject_and_when_that_was_heard_of(scene: Scene) -> None:
    await scene.wire()
    set_at = scene.clock.now()
    await scene.database.run(expect, Subject.SOURCE, await source_id(scene), 60.0, set_at)
    await scene.database.run(expect, Subject.BINDING, BINDING, 90.0, set_at)
    unheard = await listed(scene)
    scene.clock.advance(5)
    await scene.post()

    heard = await listed(scene)

    assert [one.heard_at for one in unheard] == [None, None]
    assert [(one.subject, one.name, one.silence_s, one.set_at) for one in heard] == [
        (Subject.SOURCE, "ingest", 60.0, set_at),
        (Subject.BINDING, "ingest to hook", 90.0, set_at),
    ]
    assert [one.heard_at for one in heard] == [scene.clock.now()] * 2


async def test_an_expectation_that_is_set_again_goes_on_and_a_changed_one_begins_anew(scene: Scene) -> None:
    subject = (Subject.SOURCE, await source_id(scene))
    await scene.database.run(expect, *subject, 60.0, Millis(1))
    await scene.database.run(mark_told, *subject, Millis(2), silent_since=Millis(1))
    await scene.database.run(expect, *subject, 60.0, Millis(3))
    [same] = await listed(scene)
    await scene.database.run(expect, *subject, 61.0, Millis(4))
    [changed] = await listed(scene)
    await scene.database.run(expect, *subject, None, Millis(5))

    assert (same.set_at, same.told_at, same.silent_since) == (1, 2, 1)
    assert (changed.set_at, changed.told_at, changed.silent_since) == (4, None, None)
    assert await listed(scene) == []


@pytest.mark.parametrize("silence_s", [60.0, None])
async def test_what_is_expected_can_be_asked(scene: Scene, silence_s: float | None) -> None:
    await scene.database.run(expect, Subject.BINDING, BINDING, silence_s, Millis(1))

    assert await scene.database.read(silence_of, Subject.BINDING, BINDING) == silence_s


async def test_nothing_is_expected_of_what_is_off(scene: Scene) -> None:
    await scene.wire()
    source = await source_id(scene)
    await scene.database.run(expect, Subject.SOURCE, source, 60.0, Millis(1))
    await scene.database.run(expect, Subject.BINDING, BINDING, 60.0, Millis(1))
    await scene.database.run(enable_source, source, is_enabled=False, now=scene.clock.now())
    off = await listed(scene)
    await scene.database.run(enable_source, source, is_enabled=True, now=scene.clock.now())
    await scene.database.run(expect_anew, source, Millis(9))

    assert off == []
    assert [one.set_at for one in await listed(scene)] == [9, 9]


async def test_nothing_is_expected_of_a_binding_that_was_removed(scene: Scene) -> None:
    await scene.wire()
    await scene.database.run(expect, Subject.BINDING, BINDING, 60.0, Millis(1))

    await scene.database.run(remove_binding, BINDING, waiting=Waiting.REFUSE, now=scene.clock.now())

    assert await listed(scene) == []
    assert await scene.database.read(silence_of, Subject.BINDING, BINDING) is None
