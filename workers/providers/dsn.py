"""The address of a provider as an operator writes it: `scheme+transport://user:secret@host:port/?option=value`."""

from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit


class BadDsnError(ValueError):
    """A DSN that no adapter can use; the text says what is wrong and never quotes the secret."""


MOST_CONNECTIONS = 1_000


@dataclass(frozen=True, slots=True)
class Dsn:
    """A parsed DSN."""

    scheme: str  # which adapter: "listmonk", "smtp"
    transport: str  # what comes after the plus: "http", "https" or ""
    host: str
    port: int | None
    user: str
    secret: str = field(repr=False)
    path: str
    options: dict[str, str]

    def option(self, name: str) -> str:
        """An option that must be there. Raises `BadDsnError`."""
        if not (value := self.options.get(name, "").strip()):
            raise BadDsnError(f"has no {name}=...")
        return value

    def whole(self, name: str, most: int) -> int | None:
        """An option that is a whole number from 1 to `most`; None where it is not given. Raises `BadDsnError`."""
        if name not in self.options:
            return None
        text = self.options[name]
        if text.isascii() and text.isdigit() and len(text) <= len(str(most)) and 1 <= int(text) <= most:
            return int(text)
        raise BadDsnError(f"has a {name}= that is not a whole number from 1 to {most}")

    def connections(self) -> int | None:
        """The option `connections`: calls at once for the whole account; None where it is not given. Raises `BadDsnError`."""
        return self.whole("connections", MOST_CONNECTIONS)

    def only(self, *names: str) -> None:
        """Refuse options the adapter does not know, so that a misspelt one is told. Raises `BadDsnError`."""
        if unknown := sorted(set(self.options) - set(names)):
            raise BadDsnError(f"has an option that is not known: {unknown[0]} (known: {', '.join(names)})")


def parse(text: str) -> Dsn:
    """Take a DSN apart. Raises `BadDsnError`."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise BadDsnError("is not a URL") from None
    scheme, _, transport = parts.scheme.partition("+")
    user, secret = unquote(parts.username or ""), unquote(parts.password or "")
    if not (user + secret).isascii() or not (user + secret).isprintable():
        # Because no protocol here can carry it: each job would die of it, one by one.
        raise BadDsnError("has a user or a secret with characters that are not printable ASCII")
    return Dsn(
        scheme=scheme,
        transport=transport,
        host=parts.hostname or "",
        port=port,
        user=user,
        secret=secret,
        path=parts.path.rstrip("/"),
        options=dict(parse_qsl(parts.query, keep_blank_values=True)),
    )
