"""The environment of `make run`: defaults, refusals, and secrets that are made up once."""

import json
import stat
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from embedded.errors import SettingError
from embedded.settings import Settings


@pytest.mark.parametrize("value", ["http", "0", "65536", "-1", "8000.0", "٨٠٠٠", " 8000", "9" * 5000])
def test_what_is_no_port_is_refused_in_one_line_that_names_the_variable(value: str) -> None:
    with pytest.raises(SettingError) as refused:
        Settings.read({"FLOWER_PORT": value})
    line = str(refused.value)
    assert line.startswith("FLOWER_PORT: ")
    assert line.endswith("give a number from 1 to 65535, e.g. FLOWER_PORT=8001")
    assert "\n" not in line


def test_two_variables_cannot_name_the_same_port() -> None:
    with pytest.raises(SettingError, match=r"^SANDBOX_PORT: 9000 is PORT as well"):
        Settings.read({"PORT": "9000", "SANDBOX_PORT": "9000"})


def test_an_empty_value_counts_as_none() -> None:
    settings = Settings.read({"PORT": "", "DATA_DIR": ""})
    assert settings.ports == {"PORT": 8000, "FLOWER_PORT": 5555, "SANDBOX_PORT": 8025, "SANDBOX_SMTP_PORT": 2525}
    assert settings.data_dir == Path.cwd() / ".usher"


def test_flower_gets_no_login_without_a_password() -> None:
    with pytest.raises(SettingError, match=r"^FLOWER_BASIC_AUTH: "):
        Settings.read({"FLOWER_BASIC_AUTH": "ops"})


def test_defaults_point_at_the_sandbox(tmp_path: Path) -> None:
    values = Settings.read({"DATA_DIR": str(tmp_path), "SANDBOX_PORT": "9001", "SANDBOX_SMTP_PORT": "9002"}).complete()
    assert values["NEWSLETTER_DSN"] == "listmonk+http://usher:sandbox@127.0.0.1:9001/?list=1"
    mail = urlsplit(values["EMAIL_DSN"])
    assert (mail.scheme, mail.hostname, mail.port) == ("smtp", "127.0.0.1", 9002)
    assert parse_qs(mail.query) == {"from": ["Usher <hello@usher.example>"]}
    assert values["BASE_URL"] == "http://localhost:8000"
    assert "DATABASE_URL" not in values


def test_secrets_are_made_once_and_only_their_owner_may_read_them(tmp_path: Path) -> None:
    environ = {"DATA_DIR": str(tmp_path)}
    first, second = Settings.read(environ).complete(), Settings.read(environ).complete()
    file = tmp_path / "secrets.json"
    assert first == second
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads(file.read_text()) == {
        name: first[name] for name in ("SECRET_KEY", "OPS_PASSWORD", "FLOWER_BASIC_AUTH")
    }


def test_a_secret_that_is_given_is_used_and_not_written_down(tmp_path: Path) -> None:
    given = {"SECRET_KEY": "k" * 40, "OPS_PASSWORD": "p" * 40, "FLOWER_BASIC_AUTH": "me:" + "f" * 40}
    values = Settings.read({"DATA_DIR": str(tmp_path)} | given).complete()
    assert given.items() <= values.items()
    assert not (tmp_path / "secrets.json").exists()


def test_a_spoilt_file_of_secrets_is_one_line_and_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "secrets.json"
    file.write_text('{"SECRET_KEY": 1')
    with pytest.raises(SettingError, match=r"^DATA_DIR: .*secrets\.json cannot be read"):
        Settings.read({"DATA_DIR": str(tmp_path)}).complete()
    assert file.read_text() == '{"SECRET_KEY": 1'
