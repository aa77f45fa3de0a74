"""Counting Claude Code's logs: the recorded-style logs against hand-counted totals, and what must hold of any log."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from posthouse.sources.agent_logs.claude_lines import decode_block
from posthouse.sources.agent_logs.claude_log import PAGE_MESSAGES, Folder, Keeping, Page, decode_page, session_of_path
from posthouse.sources.agent_logs.claude_totals import Session, Tokens, join
from posthouse.sources.jsonl import read_slice
from tests.sources.support import LOGS

A, B, C, D, E = (f"{digit * 8}-0000-4000-8000-000000000000" for digit in "12345")
WITH_PROMPTS = Keeping(has_prompts=True)


def pages_of(path: Path, *, has_prompts: bool = False) -> list[Page]:
    """All pages of one file, read at once."""
    folder = Folder(session_of_path(str(path)), Keeping(has_prompts=has_prompts))
    folder.fold(read_slice(str(path), None).block)
    return [*folder.full, folder.page()]


def sessions_of(paths: list[Path], *, has_prompts: bool = False) -> dict[str, Session]:
    """The counted sessions of some files, in the order given."""
    pages = [page for path in paths for page in pages_of(path, has_prompts=has_prompts)]
    return {session.id: session for session in join(pages)}


def whole(lines: list[bytes]) -> bytes:
    """The lines as a file holds them."""
    return b"".join(line + b"\n" for line in lines)


def recorded() -> list[Path]:
    """Every recorded-style log."""
    return sorted(LOGS.rglob("*.jsonl"))


def test_repeated_and_partial_copies_of_a_response_count_once_with_the_largest_output() -> None:
    found = sessions_of(recorded())
    assert found[A].tokens == Tokens(input=15, output=70, cache_read=250, cache_creation=50)
    assert found[A].response_count == 2
    assert found[B].tokens == Tokens(input=27, output=309, cache_read=400)


def test_a_larger_copy_is_missed_only_if_its_file_is() -> None:
    found = sessions_of([LOGS / "-srv-parcel" / f"{A}.jsonl"])
    assert found[A].tokens.output == 65


def test_tool_uses_are_the_union_over_the_copies() -> None:
    found = sessions_of(recorded())
    assert {key: session.tool_use_count for key, session in found.items()} == {A: 2, B: 6, C: 1, D: 0, E: 0}


def test_prompts_count_but_tool_results_meta_lines_and_notices_do_not() -> None:
    found = sessions_of(recorded())
    assert {key: session.prompt_count for key, session in found.items()} == {A: 2, B: 1, C: 1, D: 1, E: 1}


def test_sidechains_and_subagent_files_belong_to_their_session() -> None:
    found = sessions_of(recorded())
    assert set(found) == {A, B, C, D, E}
    assert found[C].tokens == Tokens(input=5, output=18, cache_creation=40)
    assert found[C].by_model["claude-haiku-4-5-20251001"] == Tokens(input=2, output=6)


def test_a_synthetic_answer_is_of_no_model_but_ends_the_session() -> None:
    session = sessions_of(recorded())[C]
    assert set(session.by_model) == {"claude-opus-4-1-20250805", "claude-haiku-4-5-20251001"}
    assert session.end_at == 1_767_140_400_000  # 2025-12-31T00:20:00Z


def test_a_resumed_session_begins_with_its_own_lines() -> None:
    found = sessions_of(recorded())
    assert found[A].start_at == 1_766_998_800_000  # 2025-12-29T09:00:00Z
    assert found[A].end_at == 1_766_999_106_500
    assert found[B].start_at == 1_767_088_800_000  # 2025-12-30T10:00:00Z
    assert found[C].start_at == 1_767_138_600_000  # 2025-12-30T23:50:00Z


def test_what_a_deleted_session_left_in_its_continuation_counts_there() -> None:
    found = sessions_of([LOGS / "-srv-parcel" / f"{B}.jsonl"])
    assert set(found) == {B}
    assert found[B].tokens == Tokens(input=42, output=379, cache_read=650, cache_creation=50)
    assert found[B].prompt_count == 3


def test_a_summary_titles_the_session_that_holds_its_leaf() -> None:
    found = sessions_of(recorded())
    assert found[A].summary == "Parcels sorted by weight"
    assert found[B].summary is None


def test_lines_without_a_session_id_belong_to_their_file_and_junk_is_counted() -> None:
    path = LOGS / "-srv-shelf" / f"{D}.jsonl"
    folder = Folder(session_of_path(str(path)), Keeping())
    folder.fold(read_slice(str(path), None).block)
    assert (folder.malformed, folder.unknown) == (3, 2)
    assert sessions_of([path])[D].tokens == Tokens(input=1, output=2)


def test_the_session_of_a_file_is_its_stem_or_the_folder_of_its_subagents() -> None:
    assert session_of_path("/x/projects/-srv/abc.jsonl") == "abc"
    assert session_of_path("/x/projects/-srv/abc/subagents/agent-1.jsonl") == "abc"


def test_without_leave_no_prompt_is_kept() -> None:
    with_prompts = sessions_of(recorded(), has_prompts=True)
    assert with_prompts[B].first_prompt == "Sort the parcels by weight"
    assert with_prompts[C].first_prompt == "Weigh the parcels again, please"
    for path in recorded():
        folder = Folder("s", Keeping())
        folder.fold(read_slice(str(path), None).block)
        for planted in (b"Sort the", b"Weigh", b"Pace", b"Label", b"Measure"):
            assert planted not in folder.encoded()


def test_a_page_that_is_full_is_closed_and_the_next_begun() -> None:
    lines = [_answer(f"m{index}", "s", 1, index) for index in range(2_500)]
    folder = Folder("s", Keeping())
    folder.fold(whole(lines))
    assert len(folder.full) == 2_500 // PAGE_MESSAGES - 1
    pages = [*folder.full, folder.page()]
    assert join(pages)[0].tokens.output == 2_500


@given(st.data())
def test_any_order_of_the_files_gives_the_same_sessions(data: st.DataObject) -> None:
    order = data.draw(st.permutations(recorded()))
    assert sessions_of(order, has_prompts=True) == sessions_of(recorded(), has_prompts=True)


@given(data=st.data())
def test_any_cut_of_the_same_bytes_into_reads_gives_the_same_pages(data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(recorded()))
    content = path.read_bytes()
    cuts = sorted(data.draw(st.sets(st.integers(0, len(content)), max_size=8)))
    encoded, cursor = Folder("s", WITH_PROMPTS).encoded(), None
    malformed = unknown = 0
    with TemporaryDirectory() as folder_name:
        copy = Path(folder_name) / path.name
        for start, end in zip([0, *cuts], [*cuts, len(content)], strict=True):
            with copy.open("ab") as file:
                file.write(content[start:end])
            is_end = False
            while not is_end:
                folder = Folder("s", WITH_PROMPTS, page=decode_page(encoded))
                part = read_slice(str(copy), cursor, slice_bytes=data.draw(st.integers(1, 5_000)))
                folder.fold(part.block)
                encoded, cursor, is_end = folder.encoded(), part.cursor, part.is_end
                malformed, unknown = malformed + folder.malformed, unknown + folder.unknown
    whole = Folder("s", WITH_PROMPTS)
    whole.fold(read_slice(str(path), None).block)
    assert encoded == whole.encoded()
    assert (malformed, unknown) == (whole.malformed, whole.unknown)


def _answer(message: str, session: str, output: int, second: int, tool: str | None = None) -> bytes:
    at = f"2025-12-30T{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}.000Z"
    content = [{"type": "tool_use", "id": tool}] if tool else []
    body = {"id": message, "model": "m", "content": content, "usage": {"output_tokens": output}}
    return json.dumps(
        {"type": "assistant", "uuid": f"{message}-{second}", "sessionId": session, "timestamp": at, "message": body}
    ).encode()


_line = st.builds(
    _answer,
    st.sampled_from(["m1", "m2", "m3"]),
    st.sampled_from(["s1", "s2", "s3"]),
    st.integers(0, 50),
    st.integers(0, 20),
    st.sampled_from([None, "t1", "t2"]),
)


@given(st.lists(st.lists(_line, max_size=12), min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_each_response_counts_once_wherever_and_however_often_it_stands(
    files: list[list[bytes]], chance: Random
) -> None:
    largest: dict[str, int] = {}
    tools: set[tuple[str, str]] = set()
    for raw in (raw for lines in files for raw in lines):
        body = json.loads(raw)["message"]
        largest[body["id"]] = max(largest.get(body["id"], 0), body["usage"]["output_tokens"])
        tools |= {(body["id"], block["id"]) for block in body["content"]}

    def count(parts: list[list[bytes]]) -> list[Session]:
        pages = []
        for lines in parts:
            folder = Folder("s", Keeping())
            folder.fold(whole(lines))
            pages.append(decode_page(folder.encoded()))
        return join(pages)

    sessions = count(files)
    assert sum(one.tokens.output for one in sessions) == sum(largest.values())
    assert sum(one.response_count for one in sessions) == len(largest)
    assert sum(one.tool_use_count for one in sessions) == len(tools)
    mixed = [chance.sample(lines, len(lines)) for lines in files] + files[:1]
    chance.shuffle(mixed)
    assert count(mixed) == sessions


@given(st.binary(max_size=200))
def test_no_line_whatever_it_holds_is_fatal(raw: bytes) -> None:
    folder = Folder("s", WITH_PROMPTS)
    folder.fold(whole([raw, b'{"type":"assistant","message":' + raw + b"}", b'{"type":"user","message":' + raw + b"}"]))
    folder.fold(b'{"type":"user","uuid":"u","message":{"role":"user","content":"and on"}}\n')

    assert "s" in {session.id for session in join([decode_page(folder.encoded())])}


_odd = st.sampled_from(
    [b"{", b"}", b"{}", b"[]", b"", b" ", b"\r", b'{"type":', b'"user"}', b'{"type":"user"} {"type":"user"}', b"\xff{}"]
)


@given(st.lists(st.one_of(_line, _odd, st.binary(max_size=20).map(lambda raw: raw.replace(b"\n", b""))), max_size=12))
def test_a_block_is_folded_as_its_lines_are_one_by_one(lines: list[bytes]) -> None:
    at_once, singly = Folder("s", WITH_PROMPTS), Folder("s", WITH_PROMPTS)
    at_once.fold(whole(lines))
    for line in lines:
        singly.fold(b"\n" + whole([line]))  # A blank line keeps the block from being decoded at once.
    assert at_once.page() == singly.page()
    assert (at_once.malformed, at_once.unknown, at_once.fresh) == (singly.malformed, singly.unknown, singly.fresh)


def test_an_ordinary_block_is_decoded_at_once_and_an_odd_one_is_not() -> None:
    lines = [_answer("m1", "s1", 1, 1), b'{"type":"mode"}']
    assert len(decode_block(whole(lines)) or ()) == 2
    for odd in (b'{"type":"user"}', b"{}{}", b'{"a":{}\n}', b"{\r", b""):
        assert decode_block(whole([*lines, odd])) is None
