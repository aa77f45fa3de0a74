"""The real `codex` program for tests: its configuration, one run of it, and its server, driven as an editor does."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.npm_programs import NpmProgram

RUN_TIMEOUT_S = 60.0

CODEX = NpmProgram(
    name="codex",
    package="@openai/codex",
    version="0.169.0",
    binaries=("@openai/codex-*/vendor/*/bin/codex", "@openai/codex-*/vendor/*/bin/codex.exe"),
)

Decide = Callable[[dict[str, Any]], str]
"""Answers what the program asks a person: accept, decline or cancel."""


class Machine:
    """A home in which the program runs, a folder to work in, and the server that it talks to.

    The program inherits nothing from this process but PATH. Its configuration names the server as its provider, with
    one retry of everything.
    """

    def __init__(self, folder: Path, program: Path, base_url: str) -> None:
        self.home, self.work = folder / "home", folder / "work"
        self.codex_home = self.home / ".codex"
        self.config = self.codex_home / "config.toml"
        self._program = program
        for path in (self.codex_home, self.work):
            path.mkdir(parents=True)
        self.config.write_text(
            'model = "gpt-5-codex"\n'
            'model_provider = "loopback"\n\n'
            "[model_providers.loopback]\n"
            'name = "loopback"\n'
            f'base_url = "{base_url}"\n'
            'wire_api = "responses"\n'
            'env_key = "LOOPBACK_KEY"\n'
            "request_max_retries = 1\n"
            "stream_max_retries = 1\n"
        )

    async def run(self, prompt: str, *arguments: str) -> int:
        """One `codex exec` without a sandbox; its exit code. Raises TimeoutError after a minute (it is killed)."""
        free = ("--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox", *arguments)
        async with self._started("exec", *free, prompt) as process:
            async with asyncio.timeout(RUN_TIMEOUT_S):
                await process.communicate()
        return int(process.returncode)

    @asynccontextmanager
    async def server(self, decide: Decide = lambda asked: "accept") -> AsyncIterator[AppServer]:
        """`codex app-server` for as long as the block runs; it is told to stop by the end of its input."""
        async with self._started("app-server", stdin=asyncio.subprocess.PIPE) as process:
            server = AppServer(process, decide)
            listening = asyncio.ensure_future(server.listen())
            try:
                await server.call("initialize", clientInfo={"name": "tests", "version": "1", "title": None})
                server.notify("initialized")
                yield server
                process.stdin.close()
                async with asyncio.timeout(RUN_TIMEOUT_S):
                    await process.wait()
            finally:
                listening.cancel()

    async def trust_hooks(self) -> int:
        """Trust the hooks of the configuration as a person does who has looked at them; how many there are."""
        async with self.server() as server:
            listed = await server.call("hooks/list", cwds=[str(self.work)])
        hooks = listed["data"][0]["hooks"]
        with self.config.open("a") as file:
            for hook in hooks:
                file.write(f'[hooks.state.{json.dumps(hook["key"])}]\ntrusted_hash = "{hook["currentHash"]}"\n')
        return len(hooks)

    @asynccontextmanager
    async def _started(self, *arguments: str, stdin: int = asyncio.subprocess.DEVNULL) -> AsyncIterator[Any]:
        environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "LOOPBACK_KEY": "any-key",
            "NO_PROXY": "127.0.0.1",
        }
        process = await asyncio.create_subprocess_exec(
            self._program,
            *arguments,
            cwd=self.work,
            env=environment,
            stdin=stdin,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            limit=16 * 1024 * 1024,
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


class AppServer:
    """Speaks the program's own protocol (JSON-RPC in lines, https://developers.openai.com/codex/app-server)."""

    def __init__(self, process: Any, decide: Decide) -> None:
        self.asked: list[dict[str, Any]] = []
        self._process = process
        self._decide = decide
        self._number = 0
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._ended: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def listen(self) -> None:
        """Take what the program says until it ends."""
        async for line in self._process.stdout:
            said = json.loads(line)
            if "method" in said and "id" in said:
                self.asked.append(said)
                self._send({"id": said["id"], "result": {"decision": self._decide(said["params"])}})
            elif "id" in said:
                self._answers.pop(said["id"]).set_result(said)
            elif said["method"] == "turn/completed":
                self._ended.put_nowait(said["params"])

    def notify(self, method: str) -> None:
        """Say something that has no answer."""
        self._send({"method": method})

    async def call(self, method: str, **parameters: Any) -> Any:
        """Ask for something; the result."""
        self._number += 1
        number = self._number
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        self._send({"id": number, "method": method, "params": parameters})
        async with asyncio.timeout(RUN_TIMEOUT_S):
            said = await answer
        assert "error" not in said, said
        return said["result"]

    async def turn(self, thread: str, prompt: str) -> str:
        """One turn to its end; its id."""
        turn = await self.begin_turn(thread, prompt)
        await self.turn_ended()
        return turn

    async def begin_turn(self, thread: str, prompt: str) -> str:
        """Begin a turn; its id."""
        begun = await self.call("turn/start", threadId=thread, input=[{"type": "text", "text": prompt}])
        return str(begun["turn"]["id"])

    async def turn_ended(self) -> dict[str, Any]:
        """Wait for the next turn's end."""
        async with asyncio.timeout(RUN_TIMEOUT_S):
            return await self._ended.get()

    def _send(self, said: dict[str, Any]) -> None:
        self._process.stdin.write(json.dumps(said).encode() + b"\n")
