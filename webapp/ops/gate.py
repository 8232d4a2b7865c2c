"""Who may pass to `/api/v1/ops`: the operator, and nobody in the operator's name.

Separate so that no file in this folder can forget it: each makes its blueprint here. Browsers attach a Basic login by
themselves to whatever any page sends; so what changes something must be JSON, which no form can send and no script of another
origin may send without asking first, and must not say of itself that it comes from another site.
"""

from flask import Blueprint, request
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Forbidden, Unauthorized, UnsupportedMediaType

from webapp.api.json_body import MIME
from webapp.desk import at_desk
from webapp.ops_login import signed_in

PREFIX = "/api/v1/ops"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})  # RFC 9110, 9.2.1


def guarded(name: str) -> Blueprint:
    """A blueprint under PREFIX in front of which the gate stands."""
    blueprint = Blueprint(f"ops_{name}", __name__, url_prefix=PREFIX)
    blueprint.before_request(check)
    return blueprint


def check() -> None:
    """Raises 401 without a good login; 403 for what another site sends; 415 for a change that is not JSON."""
    if not signed_in(at_desk().settings):
        realm = WWWAuthenticate("basic", {"realm": "usher", "charset": "UTF-8"})
        raise Unauthorized("This is for the operator: sign in.", www_authenticate=realm)
    if request.method in _SAFE:
        return
    if request.headers.get("Sec-Fetch-Site", "").strip().lower() == "cross-site":
        raise Forbidden("This was sent by another site.")
    if request.mimetype != MIME:
        raise UnsupportedMediaType(f"The body must be {MIME}.")


def operator() -> str:
    """The name of whoever has passed, for the audit."""
    login = request.authorization
    assert login is not None
    assert login.username is not None
    return login.username
