"""Peers as the rules know them, turned into rows for people and for the state, and back after a restart.

The rules count in monotonic seconds, people in instants: when somebody was heard before this start is what was written
down then.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from posthouse.model.ids import Millis
from posthouse.model.peers import Face, PeerState, PeerView, key_of_text
from posthouse.rules.peer_signals import Heard, KnownPeer
from posthouse.rules.peer_table import Peers
from posthouse.sources.lan.board import PeerRow
from posthouse.system.clock import Clock


class Rows:
    """The rows that are written down, by the peer's id."""

    def __init__(self, rows: Iterable[PeerRow], clock: Clock) -> None:
        self._rows = {one.id: one for one in rows}
        self._clock = clock
        self._begun_s = clock.monotonic_s()
        self._begun_at = clock.now()

    def known(self) -> tuple[KnownPeer, ...]:
        """What was written down, for the rules. What has no key is left out."""
        now = self._clock.now()
        found = []
        for row in self._rows.values():
            try:
                key = key_of_text(row.id)
            except ValueError:
                continue
            face = Face(user=row.user, host=row.host, name=row.name, group=row.group, client=row.client)
            absent_s = max((now - row.since) / 1_000, 0.0)
            found.append(KnownPeer(key=key, face=face, state=row.state, addresses=row.addresses, absent_s=absent_s))
        return tuple(found)

    def shown(self, peers: Peers) -> tuple[PeerRow, ...]:
        """Everybody, without this machine."""
        return tuple(self.row_of(view) for view in peers.views() if not view.is_self)

    def own(self, peers: Peers) -> PeerRow:
        """The row of this machine, which is always online: heard at this moment, and there since this start."""
        row = self._row(peers.own.view(is_self=True), self._begun_at)
        return msgspec.structs.replace(row, last_seen_at=self._clock.now(), is_self=True)

    def row_of(self, view: PeerView) -> PeerRow:
        """A peer as it is now."""
        return self._row(view, Millis(0))

    def moved(self, view: PeerView, now: Millis) -> PeerRow:
        """A peer that has changed, written down."""
        row = self._row(view, now)
        self._rows[row.id] = row
        return row

    def forgotten(self, view: PeerView) -> PeerRow:
        """A peer that leaves the list."""
        row = self._row(view, self._clock.now())
        self._rows.pop(row.id, None)
        return row

    def refreshed(self, peers: Peers) -> tuple[PeerRow, ...]:
        """Those who were heard since they were written down, written down anew."""
        fresh = [one for one in self.shown(peers) if one != self._rows.get(one.id)]
        self._rows.update({one.id: one for one in fresh})
        return tuple(fresh)

    def of_stranger(self, heard: Heard, now: Millis) -> PeerRow:
        """Somebody who sent something and is not known."""
        view = PeerView(
            key=heard.key,
            face=heard.face,
            state=PeerState.ONLINE,
            addresses=(heard.address,),
            heard_s=self._clock.monotonic_s(),
        )
        return msgspec.structs.replace(self._row(view, now), since=now)

    def _row(self, view: PeerView, now: Millis) -> PeerRow:
        """`now`: since when it is in its state, unless it was in it before."""
        before = self._rows.get(view.key.text())
        since = before.since if before is not None and before.state is view.state else now or self._clock.now()
        seen_at = self._seen_at(view, before)
        return PeerRow(
            id=view.key.text(),
            name=view.face.name or view.face.user,
            user=view.face.user,
            host=view.face.host,
            group=view.face.group,
            state=view.state,
            since=since,
            # Whoever is there was heard when it came, though that was written down a moment later.
            last_seen_at=max(seen_at, since) if view.state is PeerState.ONLINE else seen_at,
            addresses=view.addresses,
            instance=view.key.instance,
            client=view.face.client,
        )

    def _seen_at(self, view: PeerView, before: PeerRow | None) -> Millis:
        if before is not None and view.heard_s <= self._begun_s:
            return before.last_seen_at
        return Millis(self._clock.now() - round((self._clock.monotonic_s() - view.heard_s) * 1_000))
