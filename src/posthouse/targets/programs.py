"""A program of this machine as something that a target runs: what is entered for it, one run, and what its end means.

    exit code 0     delivered; the end of its output is kept
    exit code 75    transient: worth another try (EX_TEMPFAIL)
    exit code 77    auth: it lacks a permission or a credential (EX_NOPERM), and waits for a person
    any other       rejected
    its deadline    transient, perhaps done: it is ended with all that it started
    a signal        transient, perhaps done
    not started     rejected, or transient where the machine has no room for it now

Nothing is run before the owner of the machine allowed it (`commands.allowed`): till then it waits for a person. No
shell reads the words; the environment holds nothing of the daemon's own; variables that people enter are secrets.
Source: sysexits(3).
"""

from __future__ import annotations

import errno
import os
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec

from posthouse.model.deliveries import RUN, Outcome, OutcomeKind, SentRequest
from posthouse.model.errors import BadInput, Conflict
from posthouse.rules.diagnosis import COMMANDS_NOT_ALLOWED
from posthouse.system.process import Ending, Finished, Program, plain_environment, run_program
from posthouse.system.process_words import complaint, end_of, plain
from posthouse.system.secrets import SecretStore
from posthouse.targets.base import SecretRef, TargetContext
from posthouse.targets.credentials import read_secret
from posthouse.targets.headers import HIDDEN
from posthouse.targets.http_exchange import ECHO_LENGTH_MIN

OWN = "POSTHOUSE_"
"""How the names of the variables begin that Posthouse itself sets."""

VARIABLES_MAX = 50
_WORD_MAX = 4_096
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_NO_ROOM = frozenset({errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.ETXTBSY})
_BY_EXIT_CODE = {
    0: (OutcomeKind.DELIVERED, "command_done"),
    75: (OutcomeKind.TRANSIENT, "command_retry"),
    77: (OutcomeKind.AUTH, "command_denied"),
}

Word = Annotated[str, msgspec.Meta(max_length=_WORD_MAX)]
Argv = Annotated[tuple[Word, ...], msgspec.Meta(min_length=1, max_length=100)]
Variables = Annotated[dict[str, SecretRef], msgspec.Meta(max_length=VARIABLES_MAX)]


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One run that is about to be made. `environment` has the secrets, whose texts are `hidden`."""

    argv: tuple[str, ...]
    environment: dict[str, str]
    told: dict[str, str]
    secret_names: tuple[str, ...]
    hidden: tuple[str, ...]
    stdin: bytes

    def __repr__(self) -> str:
        return f"Run(argv={self.argv!r})"

    @property
    def shown(self) -> SentRequest:
        """It as it may be kept and shown."""
        variables = tuple(self.told.items()) + tuple((name, HIDDEN) for name in self.secret_names)
        return SentRequest(method=RUN, url=shlex.join(self.argv), headers=variables, body=self.stdin)


def check_program(argv: tuple[str, ...], env: Mapping[str, SecretRef], *, field: str = "") -> None:
    """Raise BadInput `target.program_invalid`, naming the field, for words or variables that no program can be given.

    `field`: where the two stand in the settings, with a dot behind it.
    """
    program = argv[0]
    is_name = bool(program) and not re.search(r"[/\\]", program)
    if not (is_name or Path(program).is_absolute()):
        message = "The program is an absolute path, or a name that is found on PATH."
        raise BadInput("target.program_invalid", message, field=f"{field}argv")
    if any("\0" in word for word in argv):
        raise BadInput("target.program_invalid", "No word may hold a NUL character.", field=f"{field}argv")
    for name in env:
        if _VARIABLE.fullmatch(name) is None or name.startswith(OWN):
            message = f"{name[:100]!r} cannot be a variable: use letters, digits and _, and do not begin with {OWN}."
            raise BadInput("target.program_invalid", message, field=f"{field}env")


def check_variable(value: str) -> None:
    """Raise ValueError, without the value, for a text that no environment can hold."""
    if not value or len(value) > 32_768 or "\0" in value:
        raise ValueError("must be 1 to 32,768 characters, none of them NUL")


async def prepare(
    store: SecretStore, argv: tuple[str, ...], env: Mapping[str, SecretRef], *, told: dict[str, str], stdin: bytes
) -> Run:
    """A run with the secrets of this moment. `told`: the variables that Posthouse sets.

    Raises SecretsUnavailable, Conflict `target.secret_missing`.
    """
    secrets = {name: await read_secret(store, ref.secret) for name, ref in env.items()}
    return Run(
        argv=argv,
        environment=plain_environment(os.environ, told | secrets),
        told=told,
        secret_names=tuple(secrets),
        hidden=tuple(secrets.values()),
        stdin=stdin,
    )


def refuse_where_off(context: TargetContext) -> None:
    """Raise Conflict `target.commands_off` where programs may not be run on this machine."""
    if not context.may_run_programs:
        message = "Programs may not be run here yet. To allow it: posthouse settings set commands.allowed true"
        raise Conflict("target.commands_off", message)


def switched_off() -> Outcome:
    """The outcome where programs may not be run: it waits for the owner of the machine."""
    return Outcome(
        kind=OutcomeKind.AUTH,
        code=COMMANDS_NOT_ALLOWED,
        detail="The setting commands.allowed is off. Nothing was run.",
    )


async def run(context: TargetContext, prepared: Run) -> Outcome:
    """Run it to its end within the context's deadline, and say what came of it. Its last output is kept."""
    name = plain(Path(prepared.argv[0]).name) or "The program"
    program = Program(
        argv=prepared.argv,
        environment=prepared.environment,
        deadline_s=context.deadline_s,
        output_bytes_max=context.response_bytes_max + max((len(one.encode()) for one in prepared.hidden), default=0),
        folder=str(Path.home()),
        stdin=prepared.stdin,
        is_tail_kept=True,
    )
    try:
        finished = await run_program(program, context.clock)
    except (OSError, ValueError) as error:
        return _not_started(name, error)
    return _ended(name, finished, prepared.hidden, context)


def _not_started(name: str, error: OSError | ValueError) -> Outcome:
    has_no_room = isinstance(error, OSError) and error.errno in _NO_ROOM
    why = error.strerror if isinstance(error, OSError) and error.strerror else "it cannot be given these words"
    return Outcome(
        kind=OutcomeKind.TRANSIENT if has_no_room else OutcomeKind.REJECTED,
        code="command_not_started",
        detail=f"{name} could not be started: {plain(why)}.",
    )


def _ended(name: str, finished: Finished, hidden: tuple[str, ...], context: TargetContext) -> Outcome:
    # Secrets go before anything is cut, so that no half of one is left.
    finished = msgspec.structs.replace(
        finished, stdout=_blotted(finished.stdout, hidden), stderr_tail=_blotted(finished.stderr_tail, hidden)
    )
    if finished.ending is not Ending.EXITED:
        kind, code, what = OutcomeKind.TRANSIENT, "command_timeout", f"was ended after {context.deadline_s:g} s"
    elif finished.exit_code is None:
        kind, code, what = OutcomeKind.TRANSIENT, "command_killed", end_of(finished)
    else:
        kind, code = _BY_EXIT_CODE.get(finished.exit_code, (OutcomeKind.REJECTED, "command_failed"))
        what = end_of(finished)
    return Outcome(
        kind=kind,
        code=code,
        detail="" if kind is OutcomeKind.DELIVERED else f"{name} {what}. {complaint(finished)}".strip(),
        excerpt=finished.stdout[max(len(finished.stdout) - context.response_bytes_max, 0) :],
        is_maybe_sent=code in ("command_timeout", "command_killed"),
    )


def _blotted(text: bytes, hidden: tuple[str, ...]) -> bytes:
    for secret in hidden:
        if len(secret) >= ECHO_LENGTH_MIN:
            text = text.replace(secret.encode(), HIDDEN.encode())
    return text
