"""What docs/peers.md shows and says is what the source does."""

from __future__ import annotations

import json
import re
from pathlib import Path

import click
import msgspec

from posthouse.cli.peers import peers
from posthouse.model.ids import Millis
from posthouse.model.peers import PeerState, Reason
from posthouse.sources.lan import telling
from posthouse.sources.lan.board import PeerRow
from posthouse.sources.lan.settings import PRESETS, PeersSettings, TimingPreset

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "peers.md").read_text("utf-8")


def test_the_event_of_the_page_is_what_is_told_of_such_a_peer() -> None:
    (shown,) = (json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL))
    row = PeerRow(
        id="ann:desk:", name=shown["name"], user=shown["username"], host=shown["hostname"], group=shown["group"],
        state=PeerState.OFFLINE, since=Millis(0), last_seen_at=Millis(0), addresses=(shown["peer_ip"],),
    )  # fmt: skip

    draft = telling.state_draft(row, Millis(shown["timestamp"]), reason=shown["reason"])

    assert msgspec.json.decode(draft.data) == shown
    assert all(f"`{one}`" in PAGE for one in (telling.ONLINE, telling.SUSPECT, telling.OFFLINE, telling.MESSAGE))
    assert all(f"`{one}`" in PAGE for one in Reason)


def test_the_settings_and_commands_of_the_page_are_those_there_are() -> None:
    listed = set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)) | {"heartbeat_s", "peer_timeout_s"}
    defaults, fast = PeersSettings(), PRESETS[TimingPreset.FAST]

    assert listed == {one.encode_name for one in msgspec.structs.fields(PeersSettings)}
    assert f"heartbeat every {defaults.heartbeat_s:g} s" in PAGE
    assert f"the timeout ({defaults.peer_timeout_s:g} s)" in PAGE
    assert f"a heartbeat of {fast.heartbeat_s:g} s and a timeout of {fast.timeout_s:g} s" in PAGE
    assert isinstance(peers, click.Group)
    for command in re.findall(r"posthouse peers (\w+)", PAGE):
        assert command in peers.commands
