"""The real `opencode` program for tests, and how its server is run."""

from __future__ import annotations

import asyncio
import json
import os
import platform
import socket
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp

from tests.npm_programs import NpmProgram

START_TIMEOUT_S = 120.0

_ARCHITECTURE = "arm64" if platform.machine().lower() in {"arm64", "aarch64"} else "x64"
_PROCESSOR = Path("/proc/cpuinfo")
# npm brings two builds for x64. The plain one needs AVX2, the other runs anywhere.
_IS_PLAIN = _ARCHITECTURE == "arm64" or not _PROCESSOR.exists() or "avx2" in _PROCESSOR.read_text()
_BUILD = f"{_ARCHITECTURE}{'' if _IS_PLAIN else '-baseline'}"

OPENCODE = NpmProgram(
    name="opencode",
    package="opencode-ai",
    version="1.18.33",
    binaries=(
        f"opencode-linux-{_BUILD}/bin/opencode",
        f"opencode-linux-{_BUILD}-musl/bin/opencode",
        f"opencode-darwin-{_BUILD}/bin/opencode",
        f"opencode-windows-{_BUILD}/bin/opencode.exe",
    ),
)


class OpenCodeProcess:
    """`opencode serve` on an address that it keeps over restarts, with a home of its own.

    Its only provider is a loopback server; it inherits nothing from this process but PATH, fetches no list of models,
    and does not update itself. Its shell asks for permission.
    """

    def __init__(self, program: Path, folder: Path, provider_url: str, *, password: str = "") -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self.work = folder / "work"
        self._program, self._home, self._password = program, folder / "opencode-home", password
        self._process: asyncio.subprocess.Process | None = None
        self._session: aiohttp.ClientSession | None = None
        self._environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self._home),
            "USERPROFILE": str(self._home),
            "LANG": "C.UTF-8",
            "NO_PROXY": "127.0.0.1",
            "OPENCODE_CONFIG_CONTENT": json.dumps(_settings(provider_url)),
            "OPENCODE_DISABLE_AUTOUPDATE": "1",
            "OPENCODE_DISABLE_DEFAULT_PLUGINS": "1",
            "OPENCODE_DISABLE_LSP_DOWNLOAD": "1",
            "OPENCODE_DISABLE_MODELS_FETCH": "1",
        } | ({"OPENCODE_SERVER_PASSWORD": password} if password else {})
        for path in (self.work, self._home):
            path.mkdir()

    async def start(self) -> None:
        """Start it, and return when it listens."""
        self._process = await asyncio.create_subprocess_exec(
            self._program,
            *("serve", "--port", str(self.port)),
            cwd=self.work,
            env=self._environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        assert self._process.stdout is not None
        async with asyncio.timeout(START_TIMEOUT_S):
            while b"listening" not in (line := await self._process.stdout.readline()):
                assert line, "opencode ended before it listened"
        headers = {}
        if self._password:
            headers["Authorization"] = "Basic " + b64encode(f"opencode:{self._password}".encode()).decode()
        self._session = aiohttp.ClientSession(base_url=self.url, headers=headers)

    async def kill(self) -> None:
        """End it as a crash would."""
        if self._session is not None:
            await self._session.close()
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()

    async def post(self, path: str, body: dict[str, Any] | None = None, *, folder: Path | None = None) -> Any:
        """Ask it to do something, by default in the folder `work`; what it answers, None where that is nothing."""
        assert self._session is not None
        query = {"directory": str(folder or self.work)}
        async with self._session.post(path, json=body or {}, params=query) as answer:
            text = await answer.text()
            assert answer.status < 300, text
        return json.loads(text) if text else None

    async def get(self, path: str) -> Any:
        """What it says, of the folder `work`."""
        assert self._session is not None
        async with self._session.get(path, params={"directory": str(self.work)}) as answer:
            return await answer.json()

    async def delete(self, session_id: str) -> None:
        """Delete a session."""
        assert self._session is not None
        async with self._session.delete(f"/session/{session_id}", params={"directory": str(self.work)}) as answer:
            assert answer.status == 200, await answer.text()

    async def session(self, folder: Path | None = None) -> str:
        """A new session; its id."""
        return str((await self.post("/session", folder=folder))["id"])

    async def ask(self, session_id: str, text: str, *, folder: Path | None = None) -> None:
        """Give a session something to do; returns at once."""
        parts = {"parts": [{"type": "text", "text": text}]}
        await self.post(f"/session/{session_id}/prompt_async", parts, folder=folder)


@asynccontextmanager
async def opencode_process(
    program: Path, folder: Path, provider_url: str, *, password: str = ""
) -> AsyncIterator[OpenCodeProcess]:
    """The server for as long as the block runs."""
    process = OpenCodeProcess(program, folder, provider_url, password=password)
    try:
        await process.start()
        yield process
    finally:
        await process.kill()


def _settings(provider_url: str) -> dict[str, Any]:
    model = {"name": "M", "tool_call": True, "limit": {"context": 100_000, "output": 4_000}}
    provider = {
        "npm": "@ai-sdk/openai-compatible",
        "name": "Loopback",
        "options": {"baseURL": provider_url, "apiKey": "any-key"},
        "models": {"m": model},
    }
    return {
        "provider": {"loopback": provider},
        "enabled_providers": ["loopback"],
        "model": "loopback/m",
        "small_model": "loopback/m",
        "autoupdate": False,
        "share": "disabled",
        "permission": {"bash": "ask"},
    }
