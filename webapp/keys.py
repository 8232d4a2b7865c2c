"""Keys for what must not be told from what, each derived from SECRET_KEY for one purpose alone.

Separate so that no two uses share a key: whoever learned what one is good for would learn nothing for another.
"""

import hmac
from hashlib import sha256

from config.settings import WebSettings


def derived(settings: WebSettings, purpose: str) -> bytes:
    """32 bytes for this purpose."""
    return hmac.digest(settings.secret_key.get_secret_value().encode(), f"usher {purpose}".encode(), sha256)


class Mac:
    """HMAC-SHA256 under one key. In one call of the library each would let another thread run first, which costs more than the MAC."""

    def __init__(self, key: bytes) -> None:
        self._begun = hmac.new(key, digestmod=sha256)

    def of(self, text: str) -> bytes:
        """32 bytes for this text."""
        mac = self._begun.copy()
        mac.update(text.encode())
        return mac.digest()


def suppression_key(settings: WebSettings) -> bytes:
    """The key of the suppression list: SUPPRESSION_KEY, so that SECRET_KEY may be changed; derived where it is not set."""
    if settings.suppression_key is None:
        return derived(settings, "suppression")
    return settings.suppression_key.get_secret_value().encode()
