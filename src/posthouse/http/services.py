"""What the API's handlers work with, put together by the composition root."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from posthouse.http.auth import Access
from posthouse.http.output_streams import OutputStreams
from posthouse.ledger.base import Database
from posthouse.model.ids import Millis
from posthouse.pipeline.collection import Collection
from posthouse.pipeline.configuration import Configuration
from posthouse.pipeline.delivery import Dispatcher
from posthouse.pipeline.directory import Known
from posthouse.pipeline.intake import Intake
from posthouse.pipeline.live import Live
from posthouse.pipeline.silence import Silence
from posthouse.system.clock import Clock
from posthouse.system.disk import DiskGauge
from posthouse.system.outbound import Outbound
from posthouse.system.secrets import SecretStore
from posthouse.system.supervise import WorkerReport
from posthouse.targets.sign_in import SignIns


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The parts of a running daemon.

    `url` is where the API is reached. `workers` reports every worker, `problems` what a person should look at and no
    counter shows, in plain words (of the spool). `is_stopping` is true from the first moment of a stop.
    """

    database: Database
    known: Known
    intake: Intake
    collection: Collection
    dispatcher: Dispatcher
    silence: Silence
    live: Live
    output_streams: OutputStreams
    configuration: Configuration
    access: Access
    outbound: Outbound
    secrets: SecretStore
    sign_ins: SignIns
    clock: Clock
    disk: DiskGauge
    workers: Callable[[], Sequence[WorkerReport]]
    problems: Callable[[], Sequence[str]]
    is_stopping: Callable[[], bool]
    home: Path
    ledger_path: Path
    machine: str
    version: str
    url: Callable[[], str]
    started_at: Millis
