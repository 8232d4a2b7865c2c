"""Who may see more: the operator, by HTTP Basic with OPS_USER and OPS_PASSWORD.

Separate so that there is one comparison, and it takes the same time whatever is wrong. It must never log a password,
nor say which half was wrong.
"""

import hmac

from flask import request
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Unauthorized

from config.settings import WebSettings


def signed_in(settings: WebSettings) -> bool:
    """Whether the operator is asking. False where nobody signs in; raises `Unauthorized` (401) for a bad login."""
    login = request.authorization
    if login is None:
        return False
    user = _same(login.username, settings.ops_user)
    password = _same(login.password, settings.ops_password.get_secret_value())
    if login.type == "basic" and user and password:
        return True
    raise Unauthorized(
        "The name or the password is wrong.",
        www_authenticate=WWWAuthenticate("basic", {"realm": "usher", "charset": "UTF-8"}),
    )


def _same(given: str | None, expected: str) -> bool:
    return hmac.compare_digest((given or "").encode(errors="surrogatepass"), expected.encode())
