"""HTTP to providers: pooled connections, every call under a total deadline.

Redirects are not followed (an API that redirects is not the API that was configured, and it would be sent our
credentials), proxies and .netrc of the environment are not read, cookies are not kept.

The calls are `requests`' own, sent through its adapter. What its session would do on top for each of them (merging
settings, cookies, hooks and redirects, taking the same URL apart four times) is left out or done once, because half of a
call's CPU time was spent on it.
"""

import json as to_json
import socket
import ssl
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError, SSLError

from workers import deadline, dialling, tls

CONNECT_TIMEOUT_S = 3.05  # a little over a multiple of 3, TCP's first retransmission


class NotSentError(Exception):
    """No byte of the request can have been processed: the connection was never made."""


class NotTrustedError(NotSentError):
    """Nobody we trust vouches for whoever answered."""


class NoAnswerError(Exception):
    """Bytes were sent, and no whole answer came: in time, or at all."""


class Session:
    """Calls one provider. Safe to share between threads; keeps up to `connections` alive."""

    def __init__(self, *, headers: dict[str, str], connections: int = 256) -> None:
        self._headers = {
            "User-Agent": "usher",
            "Accept": "application/json",
            "Accept-Encoding": "gzip, deflate",
            **headers,
        }
        self._adapter = _Adapter(pool_connections=4, pool_maxsize=connections, max_retries=0)

    def call(
        self,
        method: str,
        url: str,
        *,
        total: float,
        params: dict[str, str] | None = None,
        json: Any = None,
        **arguments: Any,
    ) -> requests.Response:
        """One call, body read, all within `total` seconds; the rest is as for `requests.request`.

        Raises `NotSentError` (`NotTrustedError` among it) or `NoAnswerError`; their texts carry no address, since
        `requests`' own would.
        """
        with deadline.Deadline(total) as limit:
            try:
                request = self._prepare(method, url, params, json, arguments)
                response = self._adapter.send(request, timeout=(min(CONNECT_TIMEOUT_S, total), total))
                response.content  # noqa: B018  # reads the body, while the deadline watches
            except requests.exceptions.ConnectTimeout:
                raise NotSentError("connect_timeout") from None
            except requests.exceptions.ConnectionError as error:
                cause = _cause(error)
                if isinstance(cause, SSLError) and isinstance(cause.args[0], ssl.SSLCertVerificationError):
                    raise NotTrustedError("certificate_invalid") from None
                if not limit.expired and isinstance(cause, NewConnectionError | ConnectTimeoutError):
                    raise NotSentError("connect_refused") from None
                raise NoAnswerError("timeout" if limit.expired else "connection_lost") from None
            except requests.exceptions.RequestException:
                raise NoAnswerError("timeout" if limit.expired else "connection_lost") from None
            return response

    def close(self) -> None:
        """Close the connections that are kept."""
        self._adapter.close()

    def _prepare(
        self, method: str, url: str, params: dict[str, str] | None, json: Any, arguments: dict[str, Any]
    ) -> requests.PreparedRequest:
        if params or arguments:
            headers = {**self._headers, **arguments.pop("headers", {})}
            return requests.Request(method, url, params=params, json=json, headers=headers, **arguments).prepare()
        request = requests.PreparedRequest()
        request.method = method
        request.url = _place(url).url
        request.headers = CaseInsensitiveDict(self._headers)
        if json is not None:
            request.body = to_json.dumps(json, allow_nan=False).encode()
            request.headers["Content-Type"] = "application/json"
        request.prepare_content_length(request.body)
        return request


def _cause(error: requests.exceptions.ConnectionError) -> Any:
    """What urllib3 gives as the reason."""
    return getattr(error.args[0], "reason", None) if error.args else None


class _Place(NamedTuple):
    """A URL as it goes over the wire, and where that is."""

    url: str
    scheme: str
    host: str
    port: int | None
    target: str  # what stands in the request line


@lru_cache(maxsize=256)
def _place(url: str) -> _Place:
    """Take a URL apart as `requests` does. Raises `requests.exceptions.InvalidURL`."""
    request = requests.PreparedRequest()
    request.prepare_url(url, None)
    parts = urlsplit(str(request.url))
    return _Place(str(request.url), parts.scheme, str(parts.hostname), parts.port, request.path_url)


class _Dialled(HTTPConnection):
    """Connects as `dialling` does, and names its socket to the deadline again each time it is used again."""

    _held: list[bytes] | None = None

    def _new_conn(self) -> socket.socket:
        try:
            sock = dialling.dial(self.host, self.port, self.timeout or CONNECT_TIMEOUT_S)
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        except TimeoutError as error:
            raise ConnectTimeoutError(self, "nobody answers") from error
        except OSError as error:
            raise NewConnectionError(self, "nobody is there") from error
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock

    def request(self, *args: Any, **kwargs: Any) -> None:
        limit = deadline.current()
        if limit is not None and self.sock is not None:
            limit.watch(self.sock)
        self._held = held = list[bytes]()
        try:
            super().request(*args, **kwargs)
        finally:
            self._held = None
        self.send(b"".join(held))

    def send(self, data: Any) -> None:
        """Head and body go out together: two small packets cost a thread's turn more than one."""
        if self._held is None:
            super().send(data)
        else:
            self._held.append(data)


class _DialledTls(_Dialled, HTTPSConnection):
    """The same, over TLS."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Dialled


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _DialledTls


class _Adapter(HTTPAdapter):
    """`requests`' adapter, over connections that can be cut short."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        context = tls.context()
        context.load_verify_locations(DEFAULT_CA_BUNDLE_PATH)
        super().init_poolmanager(*args, ssl_context=context, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}

    def cert_verify(self, *_: Any, **__: Any) -> None:
        """Nothing to set: the context that all connections share checks certificates.

        `requests` would have its bundle of authorities read from the disk again for each connection.
        """

    def get_connection_with_tls_context(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> Any:
        place = _place(str(request.url))
        return self.poolmanager.connection_from_host(place.host, place.port, place.scheme)

    def request_url(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> str:
        return _place(str(request.url)).target
