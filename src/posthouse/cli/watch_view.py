"""What `posthouse watch` draws: prompts, the board, what waits, and below it the flow, as large as the terminal is.

Every figure is the daemon's own; where the link to it is broken, that is said and what is shown stays as it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from posthouse.cli.output import harmless
from posthouse.cli.watch_board import TAG_CHARACTERS, BoardAgent, FlowLine, Prompt, board_words, prompts_of
from posthouse.cli.words import ago, counts_words

FLOW_ROWS_MIN = 3
PROMPT_ROWS_MAX = 4
_HEAD_ROWS = 3
_HEADING_ROWS = 2  # an empty line, and the headings


class Figures(NamedTuple):
    """All that is shown. `link_words`: why the link is broken, "" where it stands."""

    url: str
    board: Sequence[BoardAgent]
    counts: Mapping[str, Any]
    flow: Sequence[FlowLine]
    link_words: str
    now_ms: int


def screen(figures: Figures, rows: int) -> RenderableType:
    """The whole screen, of at most so many rows where they are 20 or more; of fewer, the flow is cut first."""
    prompts = prompts_of(figures.board)
    prompt_rows = min(len(prompts), PROMPT_ROWS_MAX)
    room = rows - _HEAD_ROWS - (_block(prompt_rows, len(prompts)) if prompts else 0) - 2 * _HEADING_ROWS
    agent_rows = max(len(figures.board), 1)
    if agent_rows > room - FLOW_ROWS_MIN:
        agent_rows = max(room - FLOW_ROWS_MIN - 1, 1)
    flow_rows = room + _HEADING_ROWS - _block(agent_rows, len(figures.board))
    parts: list[RenderableType] = [_head(figures)]
    if prompts:
        parts += ["", _prompts(prompts, prompt_rows, figures.now_ms)]
    parts += ["", _agents(figures.board, agent_rows, figures.now_ms), "", _flow(figures.flow, flow_rows)]
    return Group(*parts)


def _block(shown: int, count: int) -> int:
    """The rows of a table with what stands around it."""
    return _HEADING_ROWS + shown + (1 if count > shown else 0)


def _head(figures: Figures) -> Text:
    link = Text(figures.link_words, style="bold red") if figures.link_words else Text("live · q leaves", style="green")
    head = Text.assemble(("Posthouse", "bold"), f" at {harmless(figures.url)} · ", link, "\n")
    head.append(f"{board_words(figures.board)}\n")
    head.append(f"Deliveries: {counts_words(figures.counts)}", style="dim")
    return head


def _prompts(prompts: Sequence[tuple[BoardAgent, Prompt]], shown: int, now_ms: int) -> Table:
    table = _table("ASKS FOR", "SINCE", "AGENT", "WHAT")
    for agent, prompt in prompts[:shown]:
        table.add_row(
            _cell(prompt.permission, "bold yellow"),
            _cell(ago(prompt.since, now_ms)),
            _cell(agent.name),
            _cell(prompt.description or "–"),
        )
    return _more(table, len(prompts) - shown)


def _agents(board: Sequence[BoardAgent], shown: int, now_ms: int) -> Table:
    table = _table("AGENT", "STATE", "SINCE", "TOOL", "PROJECT", "TITLE")
    has_machines = len({one.machine for one in board}) > 1
    for one in board[:shown]:
        place = f"{one.machine}: {one.project}" if has_machines else one.project
        table.add_row(
            _cell(("  " if one.parent_id else "") + one.id[:TAG_CHARACTERS]),
            _cell(one.state_words, one.colour),
            _cell(ago(one.since, now_ms)),
            _cell(one.tool),
            _cell(place or "–"),
            _cell(one.title or "–"),
        )
    if not board:
        table.add_row(_cell("–"), _cell("No agent was heard of yet.", "dim"))
    return _more(table, len(board) - shown)


def _flow(lines: Sequence[FlowLine], rows: int) -> Table:
    table = _table("TIME", "WHAT HAPPENS")
    for line in list(lines)[-max(rows, 1) :]:
        table.add_row(_cell(line.time, "dim"), _cell(line.words, line.colour))
    if not lines:
        table.add_row(_cell("–"), _cell("Nothing since you are watching.", "dim"))
    return table


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for heading in headings:
        table.add_column(heading, no_wrap=True, overflow="ellipsis")
    return table


def _more(table: Table, count: int) -> Table:
    if count > 0:
        table.caption = Text(f"and {count} more", style="dim")
        table.caption_justify = "left"
    return table


def _cell(text: str, style: str | None = None) -> Text:
    return Text(harmless(text), style=style or "")
