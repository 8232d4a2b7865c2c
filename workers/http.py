"""HTTP to providers: one pooled `requests` session, every call under a total deadline.

Redirects are not followed (an API that redirects is not the API that was configured, and it would be sent our
credentials), proxies and .netrc of the environment are not read.
"""

from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from workers import deadline, tls

CONNECT_TIMEOUT_S = 3.05  # a little over a multiple of 3, TCP's first retransmission


class NotSentError(Exception):
    """No byte of the request can have been processed: the connection was never made."""


class NoAnswerError(Exception):
    """Bytes were sent, and no whole answer came: in time, or at all."""


class Session:
    """Calls one provider. Safe to share between threads; keeps up to `connections` alive."""

    def __init__(self, *, headers: dict[str, str], connections: int = 32) -> None:
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers.update({"User-Agent": "usher", "Accept": "application/json", **headers})
        adapter = _Adapter(pool_connections=4, pool_maxsize=connections, max_retries=0)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)

    def call(self, method: str, url: str, *, total: float, **arguments: Any) -> requests.Response:
        """One call, body read, all within `total` seconds.

        Raises `NotSentError` or `NoAnswerError`; their texts carry no address, since `requests`' own would.
        """
        with deadline.Deadline(total) as limit:
            try:
                return self._session.request(
                    method,
                    url,
                    timeout=(min(CONNECT_TIMEOUT_S, total), total),
                    allow_redirects=False,
                    **arguments,
                )
            except requests.exceptions.ConnectTimeout:
                raise NotSentError("connect_timeout") from None
            except requests.exceptions.ConnectionError as error:
                if not limit.expired and _never_connected(error):
                    raise NotSentError("connect_refused") from None
                raise NoAnswerError("timeout" if limit.expired else "connection_lost") from None
            except requests.exceptions.RequestException:
                raise NoAnswerError("timeout" if limit.expired else "connection_lost") from None


def _never_connected(error: requests.exceptions.ConnectionError) -> bool:
    """Whether urllib3 says that the connection itself could not be made."""
    cause = getattr(error.args[0], "reason", None) if error.args else None
    return type(cause).__name__ in {"NewConnectionError", "NameResolutionError", "ConnectTimeoutError"}


class _WatchedConnection(HTTPConnection):
    """Names its socket to the deadline the thread is under, when it connects and each time it is used again."""

    def connect(self) -> None:
        super().connect()
        _watch(self)

    def putrequest(self, *args: Any, **kwargs: Any) -> None:
        if self.sock is not None:
            _watch(self)
        super().putrequest(*args, **kwargs)


class _WatchedTlsConnection(HTTPSConnection):
    """The same, over TLS."""

    def connect(self) -> None:
        super().connect()
        _watch(self)

    def putrequest(self, *args: Any, **kwargs: Any) -> None:
        if self.sock is not None:
            _watch(self)
        super().putrequest(*args, **kwargs)


def _watch(connection: HTTPConnection) -> None:
    limit = deadline.current()
    if limit is not None:
        limit.watch(connection.sock)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _WatchedConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _WatchedTlsConnection


class _Adapter(HTTPAdapter):
    """`requests`' adapter, over connections that can be cut short."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=tls.context(), **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}
