"""Links that a person gets by mail, and what they are good for: signed, each for one purpose, most of them for a while.

Here because both doors need them: workers make them, at the moment a mail is made, so that a link that expires is as fresh
as its mail however long that had to wait; the web reads them. It must never be asked to sign anything but an id.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from itsdangerous import BadData, URLSafeTimedSerializer

CONFIRM_FOR = timedelta(days=7)
PREFERENCES_FOR = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class PersonalLinks:
    """The links of one person in one mail: called when they are needed, since most mails need few of them."""

    confirm: Callable[[], str]
    unsubscribe: Callable[[], str]
    preferences: Callable[[], str]


class Links:
    """Makes and reads them. `base_url` has no slash at its end; `key` is SECRET_KEY."""

    def __init__(self, base_url: str, key: str) -> None:
        self._base_url = base_url
        self._confirm = URLSafeTimedSerializer(key, salt="usher confirm")
        self._unsubscribe = URLSafeTimedSerializer(key, salt="usher unsubscribe")
        self._preferences = URLSafeTimedSerializer(key, salt="usher preferences")

    def of(self, *, signup_id: UUID | None, subscriber_id: UUID | None) -> PersonalLinks:
        """Those of one person, for the sign-up a job belongs to. Asking for one whose id is None is a `ValueError`."""
        return PersonalLinks(
            confirm=lambda: self.confirm(_known(signup_id)),
            unsubscribe=lambda: self.unsubscribe(_known(subscriber_id)),
            preferences=lambda: self.preferences(_known(subscriber_id)),
        )

    def confirm(self, signup_id: UUID) -> str:
        """Where the sign-up is confirmed. Good for CONFIRM_FOR; that it works once is the ledger's to see to."""
        return f"{self._base_url}/confirmations/{_signed(self._confirm, signup_id)}"

    def unsubscribe(self, subscriber_id: UUID) -> str:
        """Where one click is enough to leave (RFC 8058). Good for ever: a mail may be old when somebody has had enough."""
        return f"{self._base_url}/unsubscribe/{_signed(self._unsubscribe, subscriber_id)}"

    def preferences(self, subscriber_id: UUID) -> str:
        """Where the person sees and changes what we know. Good for PREFERENCES_FOR, since mails are passed on."""
        return f"{self._base_url}/preferences/{_signed(self._preferences, subscriber_id)}"

    def read_confirm(self, token: str) -> UUID | None:
        """The sign-up; None where the token was not made here, for this, or is too old."""
        return _read(self._confirm, token, CONFIRM_FOR)

    def read_unsubscribe(self, token: str) -> UUID | None:
        """The person, or None."""
        return _read(self._unsubscribe, token, None)

    def read_preferences(self, token: str) -> UUID | None:
        """The person, or None."""
        return _read(self._preferences, token, PREFERENCES_FOR)

    def read_preferences_of_any_age(self, token: str) -> UUID | None:
        """The same of a link that may be too old. Whoever has one may be mailed a new one, and must be shown nothing."""
        return _read(self._preferences, token, None)


def _known(one: UUID | None) -> UUID:
    if one is None:
        raise ValueError("there is nobody for whom this link could be")
    return one


def _signed(serializer: URLSafeTimedSerializer, one: UUID) -> str:
    token = serializer.dumps(one.hex)
    assert isinstance(token, str)
    return token


def _read(serializer: URLSafeTimedSerializer, token: str, good_for: timedelta | None) -> UUID | None:
    try:
        return UUID(hex=serializer.loads(token, max_age=None if good_for is None else int(good_for.total_seconds())))
    except (BadData, ValueError, TypeError, AttributeError):
        return None
