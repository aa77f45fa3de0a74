"""The secrets of a target at the moment of sending: read from the store, or the reason why nothing is sent."""

from __future__ import annotations

from posthouse.model.deliveries import Outcome, OutcomeKind
from posthouse.model.errors import Conflict, SecretsUnavailable
from posthouse.system.secrets import SecretStore


async def read_secret(store: SecretStore, name: str) -> str:
    """The secret of that name. Raises SecretsUnavailable, and Conflict `target.secret_missing` where it is gone."""
    value = await store.get(name)
    if value is None:
        raise secret_missing(f"The secret {name} is no longer in the secret store. Enter it again and reconnect.")
    return value


def secret_missing(message: str) -> Conflict:
    """A secret is not what its target needs: a person must enter it again."""
    return Conflict("target.secret_missing", message)


def withheld(error: SecretsUnavailable | Conflict) -> Outcome:
    """The outcome where the secrets cannot be had: nothing was sent.

    A store that cannot answer now blames nobody, and the delivery waits; a secret that is gone waits for a person.
    """
    if isinstance(error, SecretsUnavailable):
        detail = f"{error.message} ({error.code})"
        return Outcome(kind=OutcomeKind.TRANSIENT, code="secrets_unavailable", detail=detail, is_chargeable=False)
    return Outcome(kind=OutcomeKind.AUTH, code="secret_missing", detail=error.message)
