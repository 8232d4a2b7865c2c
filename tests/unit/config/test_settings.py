"""The environment, parsed once: what is wrong is one line that names the variable, and no secret is ever shown."""

import traceback

import pytest

from config.settings import (
    EXIT_CONFIG,
    BadSettingsError,
    BrokerSettings,
    FlowerSettings,
    LedgerSettings,
    Settings,
    WebSettings,
    WorkerSettings,
    load,
    load_or_exit,
)

SECRET = "hunter2-very-secret"
GOOD = {
    "DATABASE_URL": f"postgresql://usher:{SECRET}@db.example:5432/usher",
    "REDIS_URL": f"redis://:{SECRET}@redis.example:6379/0",
    "SECRET_KEY": f"{SECRET}{SECRET}",
    "OPS_PASSWORD": SECRET,
    "FLOWER_BASIC_AUTH": f"ops:{SECRET}",
    "NEWSLETTER_DSN": f"listmonk+http://api:{SECRET}@lists.example/?list=1",
    "EMAIL_DSN": f"smtp://me:{SECRET}@mail.example/?from=a@b.example",
}
OPTIONAL = (
    *("PORT", "BASE_URL", "OPS_USER", "DOUBLE_OPT_IN", "RELAY_WINDOW", "FLOWER_PORT", "DATABASE_POOL"),
    *("SIGNUP_LIMITS", "SIGNUP_CHALLENGE", "TRUSTED_PROXIES", "ALLOWED_ORIGINS", "SUPPRESSION_KEY"),
)
KINDS = [LedgerSettings, BrokerSettings, WebSettings, WorkerSettings, FlowerSettings]

NEEDED = [
    *((kind, "DATABASE_URL") for kind in (LedgerSettings, WebSettings, WorkerSettings)),
    *((kind, "REDIS_URL") for kind in (BrokerSettings, WorkerSettings, FlowerSettings)),
    *((WebSettings, name) for name in ("SECRET_KEY", "OPS_PASSWORD")),
    *((WorkerSettings, name) for name in ("SECRET_KEY", "NEWSLETTER_DSN", "EMAIL_DSN")),
    (FlowerSettings, "FLOWER_BASIC_AUTH"),
]
BAD = [
    (LedgerSettings, "DATABASE_URL", f"mysql://u:{SECRET}@h/db", "must begin with postgresql:// or postgres://"),
    (LedgerSettings, "DATABASE_URL", f"postgresql://u:{SECRET}@h:notaport/db", "is not a URL"),
    (LedgerSettings, "DATABASE_URL", f"postgresql://u:{SECRET}@h:99999/db", "is not a URL"),
    (LedgerSettings, "DATABASE_URL", "postgresql://", "names no host"),
    (LedgerSettings, "DATABASE_URL", SECRET, "must begin with"),
    (BrokerSettings, "REDIS_URL", f"http://{SECRET}@h", "must begin with redis:// or rediss://"),
    (BrokerSettings, "REDIS_URL", "redis://[::1", "is not a URL"),
    (
        BrokerSettings,
        "REDIS_URL",
        f"rediss://:{SECRET}@h:1/0?ssl_cert_reqs=no",
        "has another ssl_cert_reqs than required",
    ),
    (BrokerSettings, "REDIS_URL", f"rediss://:{SECRET}@h:1/0?ssl_cert_reqs=CERT_NONE", "has another ssl_cert_reqs"),
    (WebSettings, "SECRET_KEY", SECRET[:15], "is shorter than 16 characters"),
    (WebSettings, "PORT", "0", "is not valid"),
    (WebSettings, "PORT", "65536", "is not valid"),
    (WebSettings, "PORT", "http", "is not valid"),
    (WebSettings, "BASE_URL", "signup.example.org", "does not look right"),
    (WebSettings, "BASE_URL", "https://signup.example.org/a/path", "does not look right"),
    (WebSettings, "BASE_URL", "javascript:alert(1)", "does not look right"),
    (WorkerSettings, "BASE_URL", "https://bücher.example", "does not look right"),
    (WebSettings, "OPS_USER", "o:p", "does not look right"),
    (WebSettings, "DOUBLE_OPT_IN", "perhaps", "is not valid"),
    (WebSettings, "DATABASE_POOL", "1", "is not valid"),
    (WebSettings, "SUPPRESSION_KEY", SECRET[:15], "is shorter than 16 characters"),
    (WebSettings, "SIGNUP_CHALLENGE", "perhaps", "is not valid"),
    (WebSettings, "SIGNUP_LIMITS", "of", "must be off, or limits for client, recipient and domain"),
    (WebSettings, "SIGNUP_LIMITS", "client", "has a limit for client that is not a number of 1 or more"),
    (WebSettings, "SIGNUP_LIMITS", "client=0/h", "has a limit for client that is not a number of 1 or more"),
    (WebSettings, "SIGNUP_LIMITS", "client=1/h,recipient=5/week", "has a limit for recipient that is not a number"),
    (WebSettings, "SIGNUP_LIMITS", "everybody=1/h", "must be off, or limits for client, recipient and domain"),
    (WebSettings, "TRUSTED_PROXIES", "11", "is more than 10 hops, which cannot be meant"),
    (WebSettings, "TRUSTED_PROXIES", "-1", "must be a number of hops, or networks such as 10.0.0.0/8"),
    (WebSettings, "TRUSTED_PROXIES", "10.0.0.0/33", "must be a number of hops, or networks such as 10.0.0.0/8"),
    (WebSettings, "TRUSTED_PROXIES", "10.0.0.1/8", "must be a number of hops, or networks such as 10.0.0.0/8"),
    (WebSettings, "TRUSTED_PROXIES", "*", "must be a number of hops, or networks such as 10.0.0.0/8"),
    (WebSettings, "ALLOWED_ORIGINS", "*", "must be origins such as https://www.example.org"),
    (WebSettings, "ALLOWED_ORIGINS", "null", "must be origins such as https://www.example.org"),
    (WebSettings, "ALLOWED_ORIGINS", "https://a.example/page", "must be origins such as https://www.example.org"),
    (WebSettings, "ALLOWED_ORIGINS", "https://a.example,", "must be origins such as https://www.example.org"),
    (WebSettings, "ALLOWED_ORIGINS", "https://me@a.example", "must be origins such as https://www.example.org"),
    (WebSettings, "ALLOWED_ORIGINS", "https://a.example:99999", "has an entry that is not an origin"),
    (WorkerSettings, "SECRET_KEY", SECRET[:15], "is shorter than 16 characters"),
    (WorkerSettings, "NEWSLETTER_DSN", SECRET, "is not a URL that names a provider"),
    (WorkerSettings, "EMAIL_DSN", f"mail.example {SECRET}", "is not a URL that names a provider"),
    (WorkerSettings, "RELAY_WINDOW", "-1", "is not valid"),
    (FlowerSettings, "FLOWER_BASIC_AUTH", SECRET, "must be user:password"),
    (FlowerSettings, "FLOWER_BASIC_AUTH", f"ops:{SECRET},eve:", "must be user:password"),
    (FlowerSettings, "FLOWER_PORT", "five", "is not valid"),
]


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in OPTIONAL:
        monkeypatch.delenv(name, raising=False)
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)


def the_one_line(kind: type[Settings]) -> str:
    with pytest.raises(BadSettingsError) as error:
        load(kind)
    assert SECRET not in "".join(traceback.format_exception(error.value))
    (line,) = error.value.lines
    return line


@pytest.mark.parametrize("kind", KINDS)
def test_good_settings_load_and_show_no_secret(kind: type[Settings]) -> None:
    settings = load(kind)
    assert SECRET not in repr(settings)
    assert SECRET not in str(settings)
    assert SECRET not in settings.model_dump_json()


@pytest.mark.parametrize(("kind", "name"), NEEDED)
def test_a_missing_variable_is_one_line_with_an_example(
    kind: type[Settings], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(name)
    line = the_one_line(kind)
    assert line.startswith(f"{name}: is missing; e.g. {name}=")
    assert not line.endswith("=")


@pytest.mark.parametrize(("kind", "name"), NEEDED)
def test_a_variable_that_is_set_to_nothing_counts_as_missing(
    kind: type[Settings], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "")
    assert the_one_line(kind).startswith(f"{name}: is missing; e.g. ")


@pytest.mark.parametrize(("kind", "name", "value", "wrong"), BAD)
def test_a_bad_value_is_one_line_that_says_what_is_wrong_and_not_what_it_was(
    kind: type[Settings], name: str, value: str, wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    line = the_one_line(kind)
    assert line.startswith(f"{name}: ")
    assert wrong in line
    assert f"; e.g. {name}=" in line
    assert SECRET[:15] not in line


def test_an_example_that_is_shown_would_itself_be_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in KINDS:
        for name, field in kind.model_fields.items():
            assert field.examples, name
            if name not in {"secret_key", "ops_password"}:
                monkeypatch.setenv(name.upper(), str(field.examples[0]))
    assert [type(load(kind)) for kind in KINDS] == KINDS


def test_every_bad_variable_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REDIS_URL")
    monkeypatch.setenv("DATABASE_URL", "x")
    with pytest.raises(BadSettingsError) as error:
        load(WorkerSettings)
    assert {line.partition(":")[0] for line in error.value.lines} == {"DATABASE_URL", "REDIS_URL"}


def test_an_entry_point_prints_the_lines_and_exits_with_ex_config(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REDIS_URL", f"http://{SECRET}@h")
    with pytest.raises(SystemExit) as end:
        load_or_exit(BrokerSettings)
    assert end.value.code == EXIT_CONFIG == 78
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("usher: REDIS_URL: must begin with")
    assert said.err.count("\n") == 1
    assert SECRET not in said.err


def test_the_web_process_needs_no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REDIS_URL")
    assert not hasattr(load(WebSettings), "redis_url")


def test_links_begin_with_the_base_url_or_where_we_listen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "9000")
    assert load(WebSettings).public_url == "http://localhost:9000"
    monkeypatch.setenv("BASE_URL", "https://signup.example.org/")
    assert load(WebSettings).public_url == "https://signup.example.org"


def test_settings_cannot_be_changed_once_they_are_read() -> None:
    settings = load(LedgerSettings)
    with pytest.raises(ValueError, match="frozen"):
        settings.database_url = "postgresql://elsewhere/db"
