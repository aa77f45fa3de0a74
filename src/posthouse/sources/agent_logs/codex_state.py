"""What a source that reads Codex's logs remembers: its records, and the keys under which they lie.

    reader                      Reader: version, what is kept, sums over the files
    rate-limits                 the account's limits, as the logs told of them last: JSON of `RateLimits`
    file:<file>                 FileState: path, cursor, session, number of closed pages
    open:<file>                 Open: what a file says, and its page that still grows
    page:<file>:<n>             a closed page
    members:<session>           the files of a session
    session:<session>           Tally: one session, counted
    ended:<day>:<session>       nothing: the session ended on that UTC day
    day:<day>                   what all sessions used on one UTC day
    titles                      how far the list of the sessions' names was read, by its path
    title:<session>             the name that the list has for a session

Files are the ground truth; everything from `session` on to `day` can be counted from them again.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from posthouse.model.rate_limits import RateLimits
from posthouse.sources.agent_logs.codex_log import Keeping, Open, Page, Use
from posthouse.sources.agent_logs.codex_totals import Tally
from posthouse.sources.agent_logs.log_state import Records, StateBroken, ended_on, session_hash
from posthouse.sources.base import State
from posthouse.sources.jsonl import Cursor

STATE_VERSION = 1

LIMITS, TITLES = "rate-limits", "titles"
PREFIXES = ("day:", "ended:", "file:", "members:", "open:", "page:", "session:", "title:")

MEMBERS_MAX = 1_000
"""So many files of one session are counted; further ones are not."""

Members = list[bytes]
Titles = dict[str, Cursor]


class FileState(Struct, frozen=True, kw_only=True, array_like=True):
    """Where the reading of one file stands. `path` is the file system's own bytes; `pages` are those that are closed.

    `session`: the id of the session that it is of, "" where it does not say.
    """

    path: bytes
    cursor: Cursor
    session: str
    pages: int
    malformed: int


class Reader(Struct, kw_only=True, array_like=True):
    """The reader's own record. Its sums go over all files and sessions.

    `is_untold`: facts were written that no finished read has told of.
    """

    version: int = STATE_VERSION
    keeps: Keeping = Keeping()
    files: int = 0
    sessions: int = 0
    malformed: int = 0
    too_long: int = 0
    is_untold: bool = False

    def count(self, one: FileState, times: int) -> None:
        """Add a file's sums, or with -1 take them away."""
        self.files += times
        self.malformed += times * one.malformed
        self.too_long += times * one.cursor.too_long


_decode_members = msgspec.msgpack.Decoder(Members).decode
_decode_titles = msgspec.msgpack.Decoder(Titles).decode
_decode_use = msgspec.msgpack.Decoder(Use).decode


decode = Records(FileState, Reader, Open, Page, Tally).decode
"""One of the records above. Raises StateBroken."""


def decode_members(value: bytes) -> Members:
    """The files of a session. Raises StateBroken."""
    try:
        return _decode_members(value)
    except msgspec.DecodeError as error:
        raise StateBroken(f"the files of a session cannot be read: {error}") from error


def decode_titles(value: bytes) -> Titles:
    """How far lists of names were read. Raises StateBroken."""
    try:
        return _decode_titles(value)
    except msgspec.DecodeError as error:
        raise StateBroken(f"what was read of names cannot be read: {error}") from error


def decode_use(value: bytes) -> Use:
    """What was used on a day. Raises StateBroken."""
    try:
        found: Use = _decode_use(value)
    except msgspec.DecodeError as error:
        raise StateBroken(f"a day cannot be read: {error}") from error
    return found


async def rate_limits(state: State) -> RateLimits | None:
    """The account's limits as this source's logs told of them last, with the real instants at which they reset."""
    value = await state.get(LIMITS)
    if value is None:
        return None
    try:
        return msgspec.json.decode(value, type=RateLimits)
    except msgspec.DecodeError as error:
        raise StateBroken(f"the rate limits cannot be read: {error}") from error


def members_key(session: str) -> str:
    """The files of a session."""
    return "members:" + session_hash(session)


def title_key(session: str) -> str:
    """A session's name."""
    return "title:" + session_hash(session)


def ended_key(day: int, session: str) -> str:
    """A session among those that ended on a day."""
    return ended_on(day) + session_hash(session)


def session_of_ended(key: str) -> str:
    """The key of the tally of a session that ended."""
    return "session:" + key.rpartition(":")[2]
