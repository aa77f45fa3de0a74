"""Diagnosis: from an outcome's code to what happened, what to do, and what is at risk, in words for people.

Comes in: the stable code of an outcome or of a pause, and the HTTP status code if there was an answer. Goes out: three
sentences. Always holds: every pair has a diagnosis, and none is empty or repeats anything that the receiver said.
"""

from __future__ import annotations

import msgspec

_WAITS = "Nothing is lost: events wait here, for as long as their binding allows."
_RETRIES = (
    "Nothing yet: Posthouse tries again by itself. Deliveries whose retries run out are kept and can be replayed."
)
_STOPPED = "This delivery will not be tried again by itself. It is kept until you replay or dismiss it."


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """`what` happened, `advice` on what to do, and what is at `risk` meanwhile: one or two sentences each."""

    what: str
    advice: str
    risk: str


def _say(what: str, advice: str, risk: str) -> Diagnosis:
    return Diagnosis(what=what, advice=advice, risk=risk)


BY_STATUS: dict[int, Diagnosis] = {
    401: _say(
        "The target did not accept the credentials.",
        "Renew or correct the token or password, then reconnect the target.",
        _WAITS,
    ),
    403: _say(
        "The target knows who is asking but does not allow it.",
        "Give the account the missing permission, or use other credentials, then reconnect the target.",
        _WAITS,
    ),
    404: _say(
        "There is nothing at this address.",
        "Look for a typing mistake, a renamed hook or a workflow that is switched off. Correct the address and replay.",
        _STOPPED,
    ),
    408: _say(
        "The target gave up waiting for the request.",
        "Usually nothing. If it stays so, look at the connection and the load of the receiver.",
        _RETRIES,
    ),
    410: _say(
        "The target says that this address is gone for good.",
        "Make a new hook at the target and give its address to this one, or remove the binding.",
        _WAITS,
    ),
    413: _say(
        "The target finds the payload too large.",
        "Switch off properties that are not needed, or raise the limit at the receiver, then replay.",
        _STOPPED,
    ),
    425: _say(
        "The target was not ready to take a request sent this early.",
        "Usually nothing. If it stays so, look at the receiver's TLS settings.",
        _RETRIES,
    ),
    429: _say(
        "The target asks for fewer requests.",
        "Usually nothing: Posthouse waits as long as it is asked to. If it stays so, set a slower pace.",
        _RETRIES,
    ),
}
"""Answers that have a meaning of their own."""

BY_HUNDRED: dict[int, Diagnosis] = {
    2: _say("The target took it.", "Nothing to do.", "Nothing."),
    3: _say(
        "The target points to another address, and redirects are never followed.",
        "Set the final address as the target's URL, then replay.",
        _STOPPED,
    ),
    4: _say(
        "The target refused the request.",
        "Compare what was sent with what the receiver expects (format, headers, method), then replay.",
        _STOPPED,
    ),
    5: _say(
        "The target has trouble of its own.",
        "Usually nothing. If it stays so, look at the receiver's logs or its status page.",
        _RETRIES,
    ),
}
"""All other answers, by the first digit of the status code."""

BY_CODE: dict[str, Diagnosis] = {
    "refused": _say(
        "Nothing accepts connections at this address and port.",
        "See that the receiver is running, and that host and port are right.",
        _RETRIES,
    ),
    "dns": _say(
        "The name in the address could not be found.",
        "Look for a typing mistake in the host name, and at this machine's name service.",
        _RETRIES,
    ),
    "tls": _say(
        "No secure connection came about.",
        "See whether the receiver's certificate has run out, bears another name, or is signed by someone unknown here.",
        _RETRIES,
    ),
    "timeout": _say(
        "The target did not answer in time.",
        "See whether the receiver is overloaded; let it answer first and work afterwards.",
        _RETRIES + " The receiver may have got it and may get it again, with the same id.",
    ),
    "reset": _say(
        "The connection broke before an answer came.",
        "See whether the receiver restarted, or whether something in between cuts connections.",
        _RETRIES + " The receiver may have got it and may get it again, with the same id.",
    ),
    "unreachable": _say(
        "No network path leads to this address.",
        "See whether this machine is online, and whether a VPN or firewall stands in between.",
        _WAITS,
    ),
    "offline": _say(
        "This machine has no network connection.",
        "Nothing: sending goes on when the network is back.",
        _WAITS,
    ),
    "blocked_address": _say(
        "The address leads to a place that Posthouse does not send to.",
        "Use an address outside the reserved ranges, or allow private addresses in the settings if you mean it.",
        "Nothing was sent. The delivery is kept until you replay or dismiss it.",
    ),
    "bad_answer": _say(
        "What came back is not HTTP.",
        "See that host and port are those of a web server, and whether the address needs https.",
        _RETRIES,
    ),
    "bad_url": _say(
        "The target's address cannot be used.",
        "Correct the URL of the target, then replay.",
        "Nothing was sent. The delivery is kept until you replay or dismiss it.",
    ),
    "interrupted": _say(
        "Posthouse stopped while this was being sent.",
        "Nothing: it is sent again.",
        "The receiver may have got it and may get it again, with the same id.",
    ),
    "secrets_unavailable": _say(
        "The secret store is locked or does not answer.",
        "Unlock the keyring, or see that the key file can be read.",
        _WAITS,
    ),
    "source_unavailable": _say(
        "The code of the event's source is missing or broken, and only it knows what of the event may leave.",
        "Install or repair the package that brings the source's kind, then restart Posthouse.",
        _WAITS,
    ),
    "render": _say(
        "The body could not be made from this event.",
        "Look at the binding's format, headers and template, then replay.",
        _STOPPED,
    ),
    "internal": _say(
        "Posthouse made a mistake of its own.",
        "Please report it, with the log lines of that moment.",
        _RETRIES,
    ),
    "gave_up": _say(
        "Every retry that the binding allows has been used.",
        "See what the last attempt met, put it right, then replay.",
        _STOPPED,
    ),
    "manual": _say(
        "Paused by hand.",
        "Resume it when you are ready.",
        _WAITS,
    ),
}
"""Where no answer came, or the code says more than the answer."""

UNKNOWN = _say(
    "Something happened that Posthouse has no name for.",
    "Look at the recorded attempt: it shows what was sent and what came back.",
    _RETRIES,
)


def diagnose(code: str, status_code: int | None) -> Diagnosis:
    """The diagnosis of an outcome: by its code if that has one, else by its status code, else "unknown"."""
    if code in BY_CODE:
        return BY_CODE[code]
    if status_code is None:
        return UNKNOWN
    return BY_STATUS.get(status_code) or BY_HUNDRED.get(status_code // 100, UNKNOWN)
