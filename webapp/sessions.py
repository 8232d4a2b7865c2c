"""Flask's signed cookie, without the work that a request without one would cause.

Separate because Flask makes a signer for every request before it looks whether there is anything to verify, and a
sign-up through the API has no cookie. It must never trust a cookie by itself: what is in one is Flask's to verify.
"""

from flask import Flask, Request, Response
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin


class CookieSessions(SecureCookieSessionInterface):
    """The default, but for requests that bring no cookie and answers that need none."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """An empty session at once where the client has sent no cookie at all."""
        return super().open_session(app, request) if "HTTP_COOKIE" in request.environ else self.session_class()

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Nothing is said about a session that nobody has looked at."""
        if session.accessed or session.modified:
            super().save_session(app, session, response)
