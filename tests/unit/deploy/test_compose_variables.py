"""What docker-compose.yml is told through `.env`: every variable is documented, no secret has a default, and what a
service is given is what its process asks for.
"""

import re

import pytest

from config.settings import FlowerSettings, LedgerSettings, Settings, WebSettings, WorkerSettings, load
from embedded.settings import CONTRACT_NAMES
from tests.unit.deploy import recipes
from tests.unit.deploy.compose_file import ComposeFile, MissingVariableError
from workers.executor import providers

SECRETS = {"POSTGRES_PASSWORD", "SECRET_KEY", "OPS_PASSWORD", "FLOWER_BASIC_AUTH", "NEWSLETTER_DSN", "EMAIL_DSN"}
COMPOSES_OWN = {"POSTGRES_PASSWORD"}  # there is no such variable without Compose
NEEDS: dict[str, type[Settings]] = {
    "release": WebSettings,
    "web": WebSettings,
    "worker-newsletter": WorkerSettings,
    "worker-email": WorkerSettings,
    "flower": FlowerSettings,
}

TRYING_OUT = {**recipes.dotenv("deploying.md", 0), **recipes.dotenv("deploying.md", 1)}
FOR_REAL = {**recipes.dotenv("deploying.md", 0), **recipes.dotenv("deploying.md", 2)}
BOTH = pytest.mark.parametrize("values", [TRYING_OUT, FOR_REAL], ids=["trying out", "for real"])


def documented(name: str) -> set[str]:
    """The variables with a row in the tables of docs/`name`."""
    text = (recipes.DOCS / name).read_text(encoding="utf-8")
    return {one for row in re.findall(r"^\| (`.*?) \|", text, re.MULTILINE) for one in re.findall(r"`([A-Z_]+)`", row)}


def test_every_variable_is_one_that_the_project_knows(compose: ComposeFile) -> None:
    fields = {name.upper() for kind in (LedgerSettings, *NEEDS.values()) for name in kind.model_fields}
    used = {variable.name for variable in compose.variables()}
    assert used - fields - CONTRACT_NAMES == COMPOSES_OWN


def test_every_variable_has_a_row_in_the_documents(compose: ComposeFile) -> None:
    used = {variable.name for variable in compose.variables()}
    assert used <= documented("configuration.md") | documented("deploying.md")
    assert documented("deploying.md") >= COMPOSES_OWN


def test_no_secret_has_a_default(compose: ComposeFile) -> None:
    required = {variable.name for variable in compose.variables() if variable.default is None}
    assert required == SECRETS
    assert not any(variable.default for variable in compose.variables() if variable.name in SECRETS)


def test_a_password_is_nowhere_written_out(compose: ComposeFile) -> None:
    """What Compose fills in is `ab…`, so any other password in an address is the file's own."""
    for service in compose.filled(FOR_REAL).services.values():
        values = [str(value) for value in service.get("environment", {}).values()]
        passwords = [found[1] for value in values for found in re.finditer(r"//[^/@:]*:([^/@]+)@", value)]
        assert all(password in {"TOKEN", "PASSWORD", FOR_REAL["POSTGRES_PASSWORD"]} for password in passwords)


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_without_a_secret_compose_stops_and_says_what_to_do(compose: ComposeFile, name: str) -> None:
    with pytest.raises(MissingVariableError, match=r"set it in \.env") as refused:
        compose.filled({**FOR_REAL, name: ""})
    assert refused.value.name == name


@BOTH
@pytest.mark.parametrize("service", NEEDS)
def test_a_service_is_given_what_its_process_needs(
    compose: ComposeFile, service: str, values: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in compose.filled(values).services[service]["environment"].items():
        monkeypatch.setenv(name, value)
    assert load(NEEDS[service])


@pytest.mark.parametrize("service", NEEDS)
def test_a_service_is_given_no_more_than_its_process_needs(compose: ComposeFile, service: str) -> None:
    known = {name.upper() for name in NEEDS[service].model_fields}
    assert set(compose.services[service]["environment"]) <= known


@pytest.mark.parametrize("service", sorted(set(NEEDS) - {"release"}))
def test_every_setting_of_a_process_can_be_made_through_compose(compose: ComposeFile, service: str) -> None:
    known = {name.upper() for name in NEEDS[service].model_fields}
    assert set(compose.services[service]["environment"]) >= known


@BOTH
def test_workers_can_use_the_providers_that_the_documents_name(
    compose: ComposeFile, values: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in compose.filled(values).services["worker-email"]["environment"].items():
        monkeypatch.setenv(name, value)
    assert set(providers(load(WorkerSettings))) == {"newsletter", "email"}


def test_trying_out_starts_the_sandbox_and_points_the_workers_at_it(compose: ComposeFile) -> None:
    filled = compose.filled(TRYING_OUT)
    assert TRYING_OUT["COMPOSE_PROFILES"] in filled.services["sandbox"]["profiles"]
    for name in ("worker-newsletter", "worker-email"):
        environment = filled.services[name]["environment"]
        assert "@sandbox:8025/" in environment["NEWSLETTER_DSN"]
        assert environment["EMAIL_DSN"].startswith("smtp://sandbox:2525/")
        assert set(filled.services[name]["networks"]) & set(filled.services["sandbox"]["networks"])


@pytest.mark.parametrize(("variable", "service"), [("PORT", "web"), ("FLOWER_PORT", "flower")])
def test_a_port_is_published_as_the_one_the_process_listens_on(
    compose: ComposeFile, variable: str, service: str
) -> None:
    filled = compose.filled({**FOR_REAL, variable: "9999"}).services[service]
    assert filled["environment"][variable] == "9999"
    (published,) = filled["ports"]
    assert published.endswith("9999:9999")
