"""What the README and docs/receiving.md tell people to type is typed here, against a real daemon and receiver."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.receiver import Receiver

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
RECEIVING = (ROOT / "docs" / "receiving.md").read_text("utf-8")
DEADLINE_S = 30.0


def blocks(text: str) -> list[str]:
    """The indented blocks of a page, each without its indentation."""
    found = re.findall(r"(?:^ {4}.*\n(?:^\n(?= {4}))?)+", text, flags=re.MULTILINE)
    return ["\n".join(line[4:] for line in block.rstrip().split("\n")) for block in found]


def block_with(text: str, words: str) -> str:
    """The one block that holds these words."""
    (block,) = (block for block in blocks(text) if words in block)
    return block


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An environment with a home of its own, and the program on its PATH."""
    home, programs = tmp_path / "home", Path(sys.executable).parent
    return os.environ | {
        "POSTHOUSE_HOME": str(home),
        "POSTHOUSE_SECRETS": "file",
        "HOME": str(tmp_path),
        "PATH": f"{programs}:{os.environ['PATH']}",
    }


@pytest.fixture
def daemon_url(environment: dict[str, str]) -> Iterator[str]:
    """Where a fresh daemon is reached."""
    address = Path(environment["POSTHOUSE_HOME"]) / "address"
    with subprocess.Popen(["posthouse", "up", "--port", "0"], env=environment, stdout=subprocess.PIPE) as daemon:
        try:
            assert daemon.stdout is not None
            assert b"is up on" in daemon.stdout.readline()
            yield address.read_text()
        finally:
            daemon.terminate()
            daemon.wait(DEADLINE_S)


def typed(block: str, environment: dict[str, str], **replaced: str) -> str:
    """What a shell prints when the block is typed into it; the first line that fails ends it."""
    for old, new in replaced.items():
        assert old in block
        block = block.replace(old, new)
    done = subprocess.run(
        ["bash", "-euc", block], env=environment, capture_output=True, text=True, timeout=DEADLINE_S, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


async def test_what_the_readme_sends_arrives(environment: dict[str, str], daemon_url: str) -> None:
    if shutil.which("curl") is None:
        pytest.skip("there is no curl on this machine")
    async with Receiver() as receiver:
        url = {"https://example.com/hook": receiver.url}
        await asyncio.to_thread(typed, block_with(README, "target add webhook"), environment, **url)
        await asyncio.to_thread(typed, "posthouse bind ingest hook --filter 'build.*'", environment)
        daemon = {"http://127.0.0.1:8484": daemon_url}
        answer = await asyncio.to_thread(typed, block_with(README, "curl"), environment, **daemon)
        received = await receiver.wait_for(3)

    assert '"deliveries":1' in answer
    assert [b"posthouse.check" in one.body for one in received] == [True, False, False]
    assert all(b'"data":{"ok":true}' in one.body.replace(b" ", b"") for one in received[1:])


async def test_what_the_handing_over_page_spools_is_taken_in(environment: dict[str, str], daemon_url: str) -> None:
    assert daemon_url
    page = (ROOT / "docs" / "handing-over.md").read_text("utf-8")
    async with Receiver() as receiver:
        bind = f"posthouse target add webhook --name hook --url {receiver.url}\nposthouse bind ingest hook"
        await asyncio.to_thread(typed, bind, environment)
        await asyncio.to_thread(typed, block_with(page, "spool/.backup-42"), environment)
        (_, received) = await receiver.wait_for(2)

    assert b'"type":"backup.done"' in received.body


async def test_the_receiving_page_verifies_what_is_sent(environment: dict[str, str], daemon_url: str) -> None:
    assert daemon_url
    page = receiving_page()
    async with Receiver() as receiver:
        command = f"posthouse --json target add webhook --name hook --url {receiver.url} --sign"
        secret = re.search(r"whsec_[A-Za-z0-9+/=]+", await asyncio.to_thread(typed, command, environment))
        (received,) = await receiver.wait_for(1)
    assert secret is not None

    page["receive"](received.body, received.headers, secret[0])  # type: ignore[operator]

    with pytest.raises(Exception, match="signature"):
        page["receive"](received.body + b" ", received.headers, secret[0])  # type: ignore[operator]


async def test_the_receiving_page_verifies_by_a_public_key(environment: dict[str, str], daemon_url: str) -> None:
    assert daemon_url
    page = receiving_page()
    async with Receiver() as receiver:
        command = f"posthouse target add webhook --name hook --url {receiver.url} --sign-with ed25519"
        said = await asyncio.to_thread(typed, command, environment)
        shown = await asyncio.to_thread(typed, "posthouse target show hook", environment)
        (received,) = await receiver.wait_for(1)
    public = re.search(r"whpk_[A-Za-z0-9+/=]+", said)
    assert public is not None
    assert public[0] in shown

    page["receive_signed_by_pair"](received.body, received.headers, public[0])  # type: ignore[operator]

    with pytest.raises(ValueError, match="signature"):
        page["receive_signed_by_pair"](received.body + b" ", received.headers, public[0])  # type: ignore[operator]


async def test_what_the_batches_page_binds_arrives_together(environment: dict[str, str], daemon_url: str) -> None:
    assert daemon_url
    page = (ROOT / "docs" / "batches.md").read_text("utf-8")
    (command,) = re.findall(r"^    (posthouse bind .*)$", page, flags=re.MULTILINE)
    async with Receiver() as receiver:
        add = f"posthouse target add webhook --name hook --url {receiver.url} --no-check"
        await asyncio.to_thread(typed, add, environment)
        await asyncio.to_thread(
            typed, command, environment, **{"--batch 100 --batch-wait 10s": "--batch 2 --batch-wait 1h"}
        )
        await asyncio.to_thread(typed, "posthouse emit a\nposthouse emit b", environment)
        (received,) = await receiver.wait_for(1)

    assert received.headers["content-type"] == "application/cloudevents-batch+json"
    assert [event["type"] for event in json.loads(received.body)] == ["a", "b"]


def receiving_page() -> dict[str, object]:
    """What the page's snippets define."""
    page: dict[str, object] = {}
    for snippet in re.findall(r"```python\n(.*?)```", RECEIVING, flags=re.DOTALL):
        exec(snippet, page)
    return page


def test_every_command_that_the_readme_names_exists() -> None:
    named = set(re.findall(r"posthouse ((?:target|source|token|deliveries|settings)? ?[a-z-]+)", README))
    help_text = (ROOT / "docs" / "reference" / "cli.md").read_text("utf-8")
    commands = {line.removeprefix("### posthouse ") for line in help_text.splitlines() if line.startswith("### ")}
    groups = {command.split(" ")[0] for command in commands}
    for name in named:
        first = name.strip().split(" ")[0]
        assert first in groups | {"check"}, name
