"""The environment, parsed once into typed objects that refuse bad values and hide secrets.

Each process reads only what it needs: a web process that lacks REDIS_URL is not misconfigured. Entry points call
`load` and hand the object down; nothing below them reads the environment.
"""

import sys
from typing import Annotated, Any, NoReturn, TypeVar
from urllib.parse import SplitResult, parse_qs, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from config.front_door import SignupLimits, TrustedProxies, parse_limits, parse_origins, parse_proxies

EXIT_CONFIG = 78  # EX_CONFIG of sysexits.h: a supervisor can tell it from a crash


class BadSettingsError(Exception):
    """The environment is not usable. `lines` says of each variable what is wrong with it, with an example."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


def _url(schemes: tuple[str, ...]) -> AfterValidator:
    def check(value: SecretStr) -> SecretStr:
        try:
            parts: SplitResult = urlsplit(value.get_secret_value())
            parts.port  # noqa: B018  # reading it is what raises for a port that is none
        except ValueError:
            raise ValueError("is not a URL") from None
        if parts.scheme not in schemes:
            raise ValueError(f"must begin with {' or '.join(f'{scheme}://' for scheme in schemes)}")
        if not (parts.hostname or parts.query or parts.path.strip("/")):
            raise ValueError("names no host")
        return value

    return AfterValidator(check)


def _checks(value: SecretStr) -> SecretStr:
    """`ssl_cert_reqs` as redis-py spells it. Kombu knows other words too, which stop everything else that speaks to Redis."""
    said = parse_qs(urlsplit(value.get_secret_value()).query, keep_blank_values=True).get("ssl_cert_reqs", ["required"])
    if not {"required", "optional", "none"}.issuperset(said):
        raise ValueError("has another ssl_cert_reqs than required, optional and none")
    return value


def _dsn(value: SecretStr) -> SecretStr:
    if "://" not in value.get_secret_value():
        raise ValueError("is not a URL that names a provider")
    return value


def _long_enough(value: SecretStr) -> SecretStr:
    if len(value.get_secret_value()) < SECRET_KEY_LENGTH:
        raise ValueError(f"is shorter than {SECRET_KEY_LENGTH} characters, so links signed with it could be forged")
    return value


def _login(value: SecretStr) -> SecretStr:
    pairs = [pair.partition(":") for pair in value.get_secret_value().split(",")]
    if not all(user and password for user, _, password in pairs):
        raise ValueError("must be user:password")
    return value


SECRET_KEY_LENGTH = 16
Port = Annotated[int, Field(ge=1, le=65535)]


class Settings(BaseSettings):
    """Base: variables are the fields in capitals; a value that is set but empty counts as missing."""

    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True, extra="ignore", case_sensitive=False)


class LedgerSettings(Settings):
    """For everything that reads or writes the ledger."""

    database_url: Annotated[SecretStr, _url(("postgresql", "postgres"))] = Field(
        examples=["postgresql://usher:password@localhost:5432/usher"],
    )


class BrokerSettings(Settings):
    """For everything that speaks Celery."""

    redis_url: Annotated[SecretStr, _url(("redis", "rediss")), AfterValidator(_checks)] = Field(
        examples=["redis://localhost:6379/0"]
    )


class LinkSettings(Settings):
    """For whoever makes links that people follow, or reads them: the web, and workers for the mails they send."""

    secret_key: Annotated[SecretStr, AfterValidator(_long_enough)] = Field(
        examples=["the output of: python -c 'import secrets; print(secrets.token_urlsafe(32))'"],
    )
    port: Port = Field(default=8000, examples=[8000])
    base_url: str = Field(default="", pattern=r"^(https?://[!$-.0->@-~]+/?)?$", examples=["https://signup.example.org"])

    @property
    def public_url(self) -> str:
        """Where visitors reach us, without a slash at the end."""
        return (self.base_url or f"http://localhost:{self.port}").rstrip("/")


class WebSettings(LedgerSettings, LinkSettings):
    """For the web process. It has no REDIS_URL: the web tier never talks to the broker."""

    ops_user: str = Field(default="ops", min_length=1, pattern=r"^[^:]+$", examples=["ops"])
    ops_password: SecretStr = Field(examples=["a long one"])
    double_opt_in: bool = Field(default=False, examples=["true"])
    signup_limits: Annotated[SignupLimits | None, NoDecode, BeforeValidator(parse_limits)] = Field(
        default=SignupLimits(), examples=["client=120/h,recipient=1/h,domain=100/h"]
    )
    signup_challenge: bool = Field(default=False, examples=["on"])
    trusted_proxies: Annotated[TrustedProxies, NoDecode, BeforeValidator(parse_proxies)] = Field(
        default=TrustedProxies(), examples=["10.0.0.0/8"]
    )
    allowed_origins: Annotated[tuple[str, ...], NoDecode, BeforeValidator(parse_origins)] = Field(
        default=(), examples=["https://www.example.org,https://shop.example.org"]
    )
    suppression_key: Annotated[SecretStr, AfterValidator(_long_enough)] | None = Field(
        default=None, examples=["the output of: python -c 'import secrets; print(secrets.token_urlsafe(32))'"]
    )
    web_concurrency: int = Field(default=1, ge=1, le=64, examples=[1])
    web_threads: int = Field(default=64, ge=1, le=2_000, examples=[64])
    database_pool: int = Field(default=16, ge=2, le=500, examples=[16])


class WorkerSettings(LedgerSettings, BrokerSettings, LinkSettings):
    """For a worker and the relay inside it."""

    newsletter_dsn: Annotated[SecretStr, AfterValidator(_dsn)] = Field(
        examples=["listmonk+https://USER:TOKEN@lists.example.org/?list=1"],
    )
    email_dsn: Annotated[SecretStr, AfterValidator(_dsn)] = Field(
        examples=["smtp://user:password@mail.example.org:587/?starttls=1&from=Usher <hello@example.org>"],
    )
    relay_window: int = Field(default=2_000, ge=1, le=100_000, examples=[2_000])
    prune_after_days: int = Field(default=30, ge=1, le=3_650, examples=[30])
    forget_after_days: int = Field(default=30, ge=1, le=3_650, examples=[30])


class FlowerSettings(BrokerSettings):
    """For Flower: behind a password, or not at all."""

    flower_basic_auth: Annotated[SecretStr, AfterValidator(_login)] = Field(examples=["ops:a-long-password"])
    flower_port: Port = Field(default=5555, examples=[5555])


S = TypeVar("S", bound=Settings)


def load(kind: type[S]) -> S:
    """Parse the environment. Raises `BadSettingsError` that names every bad variable, never its value."""
    try:
        return kind()
    except ValidationError as error:
        raise BadSettingsError([_line(kind, found) for found in error.errors(include_input=False)]) from None


def load_or_exit(kind: type[S]) -> S:
    """For entry points: a line for each bad variable on stderr and exit code 78, nothing half-started."""
    try:
        return load(kind)
    except BadSettingsError as error:
        refuse(*error.lines)


def refuse(*lines: str) -> NoReturn:
    """Print the reasons for not starting, and exit."""
    for line in lines:
        sys.stderr.write(f"usher: {line}\n")
    sys.stderr.flush()
    raise SystemExit(EXIT_CONFIG)


def _line(kind: type[Settings], found: Any) -> str:
    field = str(found["loc"][0])
    variable = field.upper()
    example = (kind.model_fields[field].examples or [""])[0]
    match found["type"]:
        case "missing":
            wrong = "is missing"
        case "value_error":
            wrong = str(found["ctx"]["error"])
        case "string_pattern_mismatch":
            wrong = "does not look right"
        case _:
            wrong = f"is not valid: {found['msg'][:1].lower()}{found['msg'][1:]}"
    return f"{variable}: {wrong}; e.g. {variable}={example}"
