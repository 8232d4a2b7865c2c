"""Links as they stand in old mails: made by a clock that is behind, so that no test has to turn the web's own."""

import time
from datetime import timedelta

from itsdangerous import TimestampSigner, URLSafeTimedSerializer

_SALTS = {"confirmations": "usher confirm", "unsubscribe": "usher unsubscribe", "preferences": "usher preferences"}


def made_ago(age: timedelta, key: str, kind: str, content: object) -> str:
    """A token for the pages under `/kind/`, signed with `key` (SECRET_KEY) so long ago."""

    class Behind(TimestampSigner):
        def get_timestamp(self) -> int:
            return int(time.time() - age.total_seconds())

    token = URLSafeTimedSerializer(key, salt=_SALTS[kind], signer=Behind).dumps(content)
    assert isinstance(token, str)
    return token
