"""The environment `make run` is started with, read once and made complete.

Separate because this is where the contract's defaults for one machine live: what is not given is made up and kept in
`DATA_DIR`, so that a restart changes nothing.

It must never start or connect to anything, and never accept what a later step would choke on.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import quote

from embedded.credentials import kept_secrets
from embedded.errors import SettingError
from embedded.ports import parse_port, refuse_duplicates

PORTS = {"PORT": 8000, "FLOWER_PORT": 5555, "SANDBOX_PORT": 8025, "SANDBOX_SMTP_PORT": 2525}

# Handed to the processes that need them, to no other, and never taken from the surroundings by accident.
CONTRACT_NAMES = frozenset(
    {
        *PORTS,
        *("DATA_DIR", "DATABASE_URL", "REDIS_URL", "BASE_URL"),
        *("SECRET_KEY", "SUPPRESSION_KEY", "OPS_USER", "OPS_PASSWORD", "FLOWER_BASIC_AUTH"),
        *("NEWSLETTER_DSN", "EMAIL_DSN", "SMS_DSN", "PUSH_DSN"),
        *("DOUBLE_OPT_IN", "SIGNUP_LIMITS", "SIGNUP_CHALLENGE", "TRUSTED_PROXIES", "ALLOWED_ORIGINS"),
    }
)

_MAIL_FROM = "Usher <hello@usher.example>"


@dataclass(frozen=True)
class Settings:
    """What was asked for. `given` holds the contract's variables that were set, without the empty ones."""

    data_dir: Path
    ports: Mapping[str, int]
    given: dict[str, str]

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> "Settings":
        """Raises SettingError, which names the variable. An empty value counts as none, as `PORT= make run` means it."""
        given = {name: environ[name] for name in sorted(CONTRACT_NAMES) if environ.get(name)}
        ports = {name: parse_port(name, given.get(name, str(default))) for name, default in PORTS.items()}
        refuse_duplicates(ports)
        if ":" not in given.get("FLOWER_BASIC_AUTH", ":"):
            raise SettingError("FLOWER_BASIC_AUTH", "give a user and a password, e.g. FLOWER_BASIC_AUTH=ops:secret")
        return cls(Path(given.get("DATA_DIR", ".usher")).expanduser().absolute(), ports, given)

    def complete(self) -> dict[str, str]:
        """The contract's variables with every default filled in, but for the two engines' URLs.

        Makes up secrets that are not given and keeps them in `DATA_DIR/secrets.json`.
        """
        return self._defaults() | self._secrets() | self.given

    def _defaults(self) -> dict[str, str]:
        return {
            **{name: str(port) for name, port in self.ports.items()},
            "BASE_URL": f"http://localhost:{self.ports['PORT']}",
            "OPS_USER": "ops",
            "NEWSLETTER_DSN": f"listmonk+http://usher:sandbox@127.0.0.1:{self.ports['SANDBOX_PORT']}/?list=1",
            "EMAIL_DSN": f"smtp://127.0.0.1:{self.ports['SANDBOX_SMTP_PORT']}/?from={quote(_MAIL_FROM)}",
        }

    def _secrets(self) -> dict[str, str]:
        makers: dict[str, Callable[[], str]] = {
            "SECRET_KEY": partial(secrets.token_hex, 32),
            "OPS_PASSWORD": partial(secrets.token_urlsafe, 12),
            "FLOWER_BASIC_AUTH": lambda: f"ops:{secrets.token_urlsafe(12)}",
        }
        missing = {name: maker for name, maker in makers.items() if name not in self.given}
        return kept_secrets(self.data_dir / "secrets.json", missing)
