"""How a sign-up from a form is recorded: past the challenge and the limits, and once for each form that was rendered.

Separate from the routes, which say what a visitor sees of it. Without scripts a double click sends a form twice: the
second is then given the answer of the first. It must never record what stood beside a button that was not ours.
"""

import json
import time
from contextlib import ExitStack
from uuid import UUID

from flask import request

from ledger.idempotency import Replayed, Taken
from webapp.act import Act
from webapp.desk import BusyError, at_desk
from webapp.front.challenge import require_solution
from webapp.front.client_address import client_of
from webapp.front.signup_limits import Passage, check_in
from webapp.pages import languages, wording
from webapp.pages.traps import ONCE
from webapp.signup_request import SignupRequest

_LOOKS = 20  # for the answer of a first click that is still on its way
_PAUSE_S = 0.06


def record(wanted: SignupRequest, origin: str | None) -> UUID:
    """The sign-up's id, once it is on disk. `origin`: the other site whose form it was.

    Raises `UnprocessableError` for a challenge that was not solved, `TooManyRequests`, and what `Desk.take` raises.
    """
    stamp = request.form.get(ONCE)
    if stamp:
        return _record_once(wanted, origin, stamp)
    passage = _admit(wanted)
    with passage:
        return at_desk().take(wanted, _act(origin, passage)).id


def _record_once(wanted: SignupRequest, origin: str | None, stamp: str) -> UUID:
    key = _key(wanted, stamp)
    for _ in range(_LOOKS):
        with ExitStack() as admitted:
            outcome = at_desk().take_once(
                wanted,
                lambda: _act(origin, admitted.enter_context(_admit(wanted))),
                key=key,
                fingerprint=key,
                answer=lambda signup: str(signup.id),
            )
        if isinstance(outcome, Taken | Replayed):
            return outcome.signup_id
        time.sleep(_PAUSE_S)
    raise BusyError


def _key(wanted: SignupRequest, stamp: str) -> bytes:
    """Of the form and of what was typed in it: after Back, the same form with something else in it is another sign-up."""
    return at_desk().repetitions.of(json.dumps(["form", stamp, wanted.email, wanted.name, wanted.locale]))


def _admit(wanted: SignupRequest) -> Passage:
    require_solution(wanted.altcha)
    return check_in(wanted, client_of(request))


def _act(origin: str | None, passage: Passage) -> Act:
    client = client_of(request)
    if origin is not None:  # what stood beside their button is theirs to know
        return Act("embedded", origin=origin, client=client, muted=passage.muted)
    shown = wording.consent(languages.current(), asks=at_desk().settings.double_opt_in)
    return Act("form", shown=shown, client=client, muted=passage.muted)
