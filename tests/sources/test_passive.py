"""The sources whose events the daemon hands over: nothing to run, nothing to set, nothing held back."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from posthouse.model.errors import BadInput
from posthouse.model.sources import SourceShape
from posthouse.sources.base import StreamKind, kind_to_add, source_kind
from tests.sources.support import context_for, decoded

KINDS = ["ingest", "posthouse"]


@pytest.mark.parametrize("name", KINDS)
async def test_a_passive_source_runs_until_it_is_cancelled(name: str) -> None:
    kind = cast("StreamKind", source_kind(name))
    assert (kind.is_passive, kind.shape, kind.properties) == (True, SourceShape.STREAM, ())
    running = asyncio.ensure_future(kind.run(context_for(name, {})))
    await asyncio.sleep(0)
    assert not running.done()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


@pytest.mark.parametrize("name", KINDS)
async def test_a_passive_source_previews_nothing_and_says_why(name: str) -> None:
    preview = await source_kind(name).preview(context_for(name, {}))
    assert decoded(preview.data) == {}
    assert preview.found.startswith("Nothing to read ahead")


@pytest.mark.parametrize("name", KINDS)
def test_a_passive_source_has_no_settings_and_passes_data_on_as_it_is(name: str) -> None:
    data = {"any": ["thing"]}
    assert source_kind(name).project(data, {"any": False}) is data
    with pytest.raises(BadInput, match="has no setting 'x'"):
        source_kind(name).parse({"x": 1})


def test_an_unknown_kind_is_named_with_those_that_exist() -> None:
    with pytest.raises(BadInput, match=r"claude-sessions, .*ingest, peers, posthouse, servers") as caught:
        kind_to_add("smoke-signals")
    assert caught.value.code == "source.unknown_kind"
