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


COMMANDS_NOT_ALLOWED = "commands_not_allowed"
"""The code of what was not run since no program may be."""


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
    "out_of_time": _say(
        "What went before it in the same batch took all the time that there was.",
        "Usually nothing: it goes with the next attempt. If it stays so, let fewer events share a request.",
        _WAITS,
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
    "quiet_hours": _say(
        "Quiet hours had begun when it could be sent.",
        "Nothing: it goes when they end. To have it now, change the quiet hours.",
        "What is no longer worth telling by then expires.",
    ),
    "render": _say(
        "What is to be sent could not be made from this event.",
        "Look at the binding's wording, format and headers, put right what the attempt names, then replay.",
        _STOPPED,
    ),
    "filter": _say(
        "The binding's filter could not be worked out for this event, so nobody knows whether it is wanted.",
        "Put the filter right at the place that the attempt names. To send this event all the same, replay it.",
        _STOPPED,
    ),
    "internal": _say(
        "Posthouse made a mistake of its own.",
        "Please report it, with the log lines of that moment.",
        _RETRIES,
    ),
    "posthouse_other": _say(
        "Something answered at this address, but it is no Posthouse.",
        "Look at the address: it is where the other one's dashboard is, without a path.",
        _STOPPED,
    ),
    "posthouse_full": _say(
        "The disk of the other Posthouse is nearly full.",
        "Make room there; it takes events again by itself.",
        _WAITS,
    ),
    "posthouse_hops": _say(
        "This event has been passed on by too many Posthouses.",
        "Two installations probably forward to each other. Remove one of the two bindings, then dismiss this.",
        _STOPPED,
    ),
    "ntfy_other": _say(
        "Something answered at this address, but it is no ntfy server.",
        "Look at the server's address; a proxy or a sign-in page of the network may stand in between.",
        _STOPPED,
    ),
    "ntfy_topic": _say(
        "The ntfy server does not take this topic's name.",
        "Choose a name of letters, digits, - and _, then replay.",
        _STOPPED,
    ),
    "ntfy_daily_limit": _say(
        "The ntfy server takes no more messages from you today.",
        "Wait for tomorrow, send less (a filter), or use an account or server that allows more.",
        _RETRIES + " The next day begins at midnight UTC.",
    ),
    COMMANDS_NOT_ALLOWED: _say(
        "Programs may not be run on this machine yet.",
        "If that is what you want, switch the setting commands.allowed on, then reconnect the target.",
        "Nothing was run, and nothing is lost: what was sent to it is kept here.",
    ),
    "command_done": _say("The program took it.", "Nothing to do.", "Nothing."),
    "command_retry": _say(
        "The program asked to be run again later (exit code 75).",
        "Usually nothing. If it stays so, look at what it says.",
        _RETRIES,
    ),
    "command_denied": _say(
        "The program says that it lacks a permission or a credential (exit code 77).",
        "Look at what it says and put that right, then reconnect the target.",
        _WAITS,
    ),
    "command_failed": _say(
        "The program failed.",
        "Look at what it says and at its exit code, put it right, then replay.",
        _STOPPED,
    ),
    "command_timeout": _say(
        "The program was not done in time, and was ended.",
        "Let it hand long work over to something else, or raise the setting delivery.deadline_s.",
        _RETRIES + " What it did until then is done, and may be done again.",
    ),
    "command_killed": _say(
        "Something ended the program before it was done.",
        "See whether the machine ran out of memory, or whether the program crashed.",
        _RETRIES + " What it did until then is done, and may be done again.",
    ),
    "command_not_started": _say(
        "The program could not be started.",
        "See that it is there, that it may be executed, and that its first line names an interpreter there is.",
        "Nothing was run. The delivery is kept until you replay or dismiss it.",
    ),
    "apprise_sent": _say("The service took it.", "Nothing to do.", "Nothing."),
    "apprise_known": _say("Apprise knows the service. Nothing was sent.", "Nothing to do.", "Nothing."),
    "apprise_failed": _say(
        "The service did not take the message.",
        "Look at what it says: a token may have run out, or the service may have trouble of its own.",
        _RETRIES + " Apprise does not tell the two apart.",
    ),
    "apprise_url": _say(
        "Apprise does not know what to do with this URL.",
        "Compare it with what Apprise's documentation says of the service, and enter it again.",
        _STOPPED,
    ),
    "apprise_missing": _say(
        "Apprise is not installed.",
        "Install it beside Posthouse (pip install 'posthouse[apprise]'), then reconnect the target.",
        _WAITS,
    ),
    "apprise_broken": _say(
        "The process in which Apprise runs broke off.",
        "Usually nothing. If it stays so, look at its words, and whether Apprise is installed as a whole.",
        _RETRIES,
    ),
    "n8n_inactive": _say(
        "The workflow of this webhook is not active in n8n.",
        "Switch the workflow on (Active, or Publish). If it is, look for another path or method in its Webhook node.",
        _RETRIES,
    ),
    "n8n_method": _say(
        "This webhook of n8n listens to another HTTP method.",
        "Set the method of the Webhook node to POST, look for webhooks again, then replay.",
        _STOPPED,
    ),
    "n8n_auth": _say(
        "The Webhook node of n8n did not accept the credentials.",
        "Give the target what the node's authentication asks for: n8n does not tell us these secrets.",
        _WAITS,
    ),
    "n8n_api": _say(
        "There is no n8n API at this address.",
        "Look at the address. Where the API is switched off, leave the key out and add webhooks by their URL.",
        _STOPPED,
    ),
    "n8n_other": _say(
        "Something answered at this address, but it is no n8n.",
        "Look at the address: it is where you open n8n, without the path of a webhook.",
        _STOPPED,
    ),
    "n8n_long": _say(
        "The list of workflows that n8n gives is too long to be read.",
        "Leave the API key out and add the webhooks by their URL.",
        "Nothing: webhooks that are known go on as they are.",
    ),
    "make_queue_full": _say(
        "The queue of this webhook is full in Make.",
        "See that its scenario is switched on and keeps up; the queue empties as it runs.",
        _RETRIES,
    ),
    "make_gone": _say(
        "This webhook is no longer in your Make account.",
        "Make a new one there, look for webhooks again, and bind that.",
        _WAITS,
    ),
    "make_other": _say(
        "Something answered, but not as Make does.",
        "Look at the zone: it is the host that you use Make at, such as eu1.make.com.",
        _STOPPED,
    ),
    "slack_gone": _say(
        "Slack no longer knows this webhook, or its channel.",
        "Make a new incoming webhook in Slack and give its URL to this target.",
        _WAITS,
    ),
    "discord_gone": _say(
        "Discord no longer knows this webhook.",
        "Make a new one in the channel's settings and give its URL to this target.",
        _WAITS,
    ),
    "telegram_token": _say(
        "Telegram does not know this bot.",
        "Ask @BotFather for its token and enter that, then reconnect the target.",
        _WAITS,
    ),
    "telegram_chat": _say(
        "The bot does not find this chat.",
        "Write to the bot, or add it to the group, and look at the chat's number: it changes when a group grows.",
        _WAITS,
    ),
    "telegram_blocked": _say(
        "The bot may not write to this chat.",
        "Unblock it, or add it to the group or channel again, then resume.",
        _WAITS,
    ),
    "consent_expired": _say(
        "Google no longer lets Posthouse in: the leave that was given has run out or was taken back.",
        "Sign in again: in the target's settings, or with posthouse target sign-in NAME.",
        _WAITS,
    ),
    "google_client": _say(
        "Google does not accept the OAuth client.",
        "Compare the client id and secret with those in Google's Cloud console, then sign in again.",
        _WAITS,
    ),
    "google_key": _say(
        "Google does not accept the service account's key.",
        "See that the key was not deleted and that this machine's clock is right; else enter a new key file.",
        _WAITS,
    ),
    "google_quota": _say(
        "Google takes no more requests this minute.",
        "Usually nothing: it goes on in a minute. If it stays so, let fewer events go there (a filter, or a schedule).",
        _RETRIES,
    ),
    "google_api_off": _say(
        "The Google Sheets API is switched off in the project of your OAuth client or service account.",
        "Switch it on in Google's Cloud console, wait a minute or two, then reconnect the target.",
        _WAITS,
    ),
    "google_scope": _say(
        "The leave that was given does not cover this spreadsheet.",
        "Sign in again and tick what Google asks for.",
        _WAITS,
    ),
    "spreadsheet_forbidden": _say(
        "The account may not write into this spreadsheet.",
        "Share the spreadsheet with the account as an editor, then reconnect the target.",
        _WAITS,
    ),
    "spreadsheet_gone": _say(
        "There is no such spreadsheet, or the account cannot see it.",
        "Take it out of the bin, share it with the account, or give the target another spreadsheet.",
        _WAITS,
    ),
    "spreadsheet_full": _say(
        "The spreadsheet has as many cells as Google allows.",
        "Move old rows or worksheets elsewhere, or give the target another spreadsheet, then replay.",
        _STOPPED,
    ),
    "nothing_to_write": _say(
        "There was nothing to write: the sheet has these rows already, or there are none.",
        "Nothing to do.",
        "Nothing.",
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
