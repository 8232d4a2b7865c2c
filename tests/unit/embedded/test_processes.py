"""Each process is told what it needs, and no more."""

from embedded import processes
from embedded.settings import CONTRACT_NAMES

COMMANDS = {name: f"run-{name}" for name in processes.NEEDED_LINES}
VALUES = {name: f"value of {name}" for name in CONTRACT_NAMES} | {"PORT": "1", "FLOWER_PORT": "2", "SANDBOX_PORT": "3"}
AROUND = {"PATH": "/bin", "HOME": "/h", "DATABASE_URL": "somebody else's", "MAKEFLAGS": "-j", "HTTPS_PROXY": "p"}


def told() -> dict[str, set[str]]:
    table = [processes.release(COMMANDS, VALUES, AROUND), *processes.table(COMMANDS, VALUES, AROUND)]
    return {process.name: set(process.env) & CONTRACT_NAMES for process in table}


def test_the_web_tier_does_not_learn_of_the_broker_or_the_providers() -> None:
    assert told()["web"] == {
        *("DATABASE_URL", "SECRET_KEY", "SUPPRESSION_KEY", "BASE_URL", "PORT", "OPS_USER", "OPS_PASSWORD"),
        *("DOUBLE_OPT_IN", "SIGNUP_LIMITS", "SIGNUP_CHALLENGE", "TRUSTED_PROXIES", "ALLOWED_ORIGINS"),
    }
    assert told()["release"] == told()["web"]


def test_flower_learns_of_the_broker_and_its_own_login_alone() -> None:
    assert told()["flower"] == {"REDIS_URL", "FLOWER_PORT", "FLOWER_BASIC_AUTH"}


def test_the_worker_learns_of_the_engines_and_the_providers_but_of_no_password_of_the_console() -> None:
    worker = told()["worker"]
    assert {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "BASE_URL", "NEWSLETTER_DSN", "EMAIL_DSN"} <= worker
    assert not {"OPS_PASSWORD", "FLOWER_BASIC_AUTH", "SUPPRESSION_KEY"} & worker


def test_the_sandbox_learns_of_its_ports_alone() -> None:
    assert told()["sandbox"] == {"SANDBOX_PORT", "SANDBOX_SMTP_PORT"}


def test_the_surroundings_are_kept_but_for_make_and_other_peoples_settings() -> None:
    web = processes.table(COMMANDS, VALUES, AROUND)[0]
    assert web.env["DATABASE_URL"] == "value of DATABASE_URL"
    assert web.env["HTTPS_PROXY"] == "p"
    assert web.env["PATH"].endswith(":/bin")
    assert "MAKEFLAGS" not in web.env


def test_what_is_not_set_is_not_passed_on() -> None:
    values = {name: value for name, value in VALUES.items() if name != "SMS_DSN"}
    worker = processes.table(COMMANDS, values, AROUND | {"SMS_DSN": "stray"})[1]
    assert "SMS_DSN" not in worker.env
