"""What a source that reads Claude Code's logs remembers: its records, and the keys under which they lie.

    reader                      Reader: version, what is kept, sums over the files, what is still to be done
    file:<file>                 FileState: path, cursor, number of closed pages
    open:<file>                 the page of a file that still grows
    page:<file>:<n>             a closed page
    member:<session>:<file>     this file holds facts of this session
    tie:<file>:<file>           both files hold some identity, or one a summary whose last line is in the other
    index:<3 digits>            which files hold an identity, by its first 12 bits
    fresh:<2 digits>:<chunk>    identities that a long read has come upon and not yet looked up, by their first 6 bits
    session:<session>           Tally: one session, counted
    ended:<day>:<session>       the same once more, of those that count for something, by the day on which they ended
    day:<day>                   DayTotals: one UTC day over all sessions
    totals                      Totals: everything

Pages are the ground truth; everything from `session` on can be counted from them again.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from posthouse.sources.agent_logs.claude_log import Keeping, Page
from posthouse.sources.agent_logs.claude_totals import NO_USE, Day, Tally, Use, plus
from posthouse.sources.agent_logs.log_state import Records, ended_on, session_hash
from posthouse.sources.agent_logs.moments import DAY_MS
from posthouse.sources.jsonl import Cursor

STATE_VERSION = 2

TOTALS = "totals"
PREFIXES = ("day:", "ended:", "file:", "fresh:", "index:", "member:", "open:", "page:", "session:", "tie:")


class FileState(Struct, frozen=True, kw_only=True, array_like=True):
    """Where the reading of one file stands. `path` is the file system's own bytes; `pages` are those that are closed.

    `is_knotted`: its open page holds an identity that stands elsewhere too, so that the page cannot be counted alone.
    """

    path: bytes
    cursor: Cursor
    pages: int
    malformed: int
    unknown: int
    is_knotted: bool = False


class Reader(Struct, kw_only=True, array_like=True):
    """The reader's own record. Its sums go over all files.

    `is_untold`: facts were written that no finished read has told of. `chunks`: how many chunks' identities wait to
    be looked up. `dirty`: files whose families are to be counted again.
    """

    version: int = STATE_VERSION
    keeps: Keeping = Keeping()
    files: int = 0
    malformed: int = 0
    unknown: int = 0
    too_long: int = 0
    is_untold: bool = False
    chunks: int = 0
    dirty: set[bytes] = msgspec.field(default_factory=set)

    def count(self, one: FileState, times: int) -> None:
        """Add a file's sums, or with -1 take them away."""
        self.files += times
        self.malformed += times * one.malformed
        self.unknown += times * one.unknown
        self.too_long += times * one.cursor.too_long


class DayTotals(Struct, array_like=True):
    """One UTC day over all sessions; `sessions` are those with a prompt or a response of their own on it."""

    day: Day = msgspec.field(default_factory=Day)
    sessions: int = 0

    def ordered(self) -> DayTotals:
        """The same, in the order in which it is stored."""
        return DayTotals(self.day.ordered(), self.sessions)


class Totals(Struct, array_like=True):
    """Everything there is, with prompts by UTC hour. `first_day` is 0 where no day is known."""

    sessions: int = 0
    prompts: int = 0
    models: dict[str, Use] = msgspec.field(default_factory=dict)
    hours: dict[int, int] = msgspec.field(default_factory=dict)
    days_active: int = 0
    first_day: int = 0

    def ordered(self) -> Totals:
        """The same, in the order in which it is stored."""
        models, hours = dict(sorted(self.models.items())), dict(sorted(self.hours.items()))
        return msgspec.structs.replace(self, models=models, hours=hours)

    def count(self, one: Tally, times: int) -> None:
        """Add a session, or with -1 take it away; days are not looked at."""
        if not one.is_counted:
            return
        self.sessions += times
        for day in one.days.values():
            self.prompts += times * day.prompts
            for model, use in day.models.items():
                self.models[model] = plus(self.models.get(model, NO_USE), use, times)
                if self.models[model] == NO_USE:
                    del self.models[model]
        for hour, prompts in one.hours.items():
            self.hours[hour] = self.hours.get(hour, 0) + times * prompts
            if not self.hours[hour]:
                del self.hours[hour]


decode = Records(FileState, Reader, DayTotals, Totals, Tally, Page).decode
"""One of the records above, or a page. Raises StateBroken."""


def members_of(session: str) -> str:
    """What the keys of a session's files begin with."""
    return f"member:{session_hash(session)}:"


def member_key(session: str, file: bytes) -> str:
    """A session's facts stand in this file."""
    return members_of(session) + file.hex()


def ties_of(file: bytes) -> str:
    """What the keys of a file's ties begin with."""
    return f"tie:{file.hex()}:"


def tie_key(one: bytes, other: bytes) -> str:
    """Two files share something."""
    return ties_of(one) + other.hex()


def ended_key(one: Tally) -> str:
    """A session among those that ended on its day."""
    return f"{ended_on(one.end_at // DAY_MS)}{session_hash(one.id)}"
