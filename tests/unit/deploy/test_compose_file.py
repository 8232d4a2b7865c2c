"""docker-compose.yml says what it must, and nothing that Compose would refuse."""

import shlex

import pytest

from jobs import registry
from tests.unit.deploy.compose_file import ComposeFile, seconds
from webapp import server
from workers import lifecycle, preflight

# What is in each image to ask it with; python is in ours.
TOOLS = {"postgres": "pg_isready", "redis": "redis-cli"}
PUBLIC = {"web"}


def worker_queues(command: str, worker: str) -> set[str]:
    """What a worker's command consumes. It is the Procfile's, or that with queues named."""
    if command == worker:
        return set(registry.load().queues())
    return set(command.removeprefix(f"{worker} --queues ").split(","))


def test_each_service_runs_an_image_that_is_named_or_built(compose: ComposeFile) -> None:
    assert all(service.get("image") for service in compose.services.values())
    assert {service["build"] for service in compose.ours().values()} == {"."}
    foreign = [service["image"] for name, service in compose.services.items() if name not in compose.ours()]
    assert sorted(image.partition(":")[0] for image in foreign) == ["postgres", "redis"]
    assert all(image.partition(":")[2] not in {"", "latest"} for image in foreign)


def test_release_web_and_flower_run_the_procfiles_commands(compose: ComposeFile, commands: dict[str, str]) -> None:
    assert {name: compose.services[name]["command"] for name in ("release", "web", "flower")} == {
        name: commands[name] for name in ("release", "web", "flower")
    }


def test_workers_run_the_procfiles_command_with_queues_named(compose: ComposeFile, commands: dict[str, str]) -> None:
    workers = [name for name in compose.services if name.startswith("worker")]
    assert workers
    for name in workers:
        assert compose.services[name]["command"].startswith(commands["worker"])
        assert worker_queues(compose.services[name]["command"], commands["worker"]) <= set(registry.load().queues())


def test_there_is_no_process_that_is_not_in_the_procfile_but_the_sandbox(
    compose: ComposeFile, commands: dict[str, str]
) -> None:
    roles = {name.partition("-")[0] for name in compose.ours()}
    assert roles == {*commands, "sandbox"}


def test_every_queue_of_every_kind_has_a_worker(compose: ComposeFile, commands: dict[str, str]) -> None:
    queues = set(registry.load().queues())
    served = [
        worker_queues(service["command"], commands["worker"])
        for name, service in compose.services.items()
        if name.startswith("worker")
    ]
    assert set().union(*served) == queues
    assert not {"-Q", "--queues", "-X"} & set(shlex.split(commands["worker"])), "the Procfile's worker serves them all"


def test_each_service_waits_for_what_it_needs(compose: ComposeFile) -> None:
    waits = {name: set(service.get("depends_on", {})) for name, service in compose.services.items()}
    assert waits == {
        "postgres": set(),
        "redis": set(),
        "release": {"postgres"},
        "web": {"postgres", "release"},
        "worker-newsletter": {"postgres", "release", "redis"},
        "worker-email": {"postgres", "release", "redis"},
        "flower": {"redis"},
        "sandbox": set(),
    }


def test_what_is_waited_for_can_come_about(compose: ComposeFile) -> None:
    conditions = {
        (target, wait["condition"])
        for service in compose.services.values()
        for target, wait in service.get("depends_on", {}).items()
    }
    healthy = {target for target, condition in conditions if condition == "service_healthy"}
    ended = {target for target, condition in conditions if condition == "service_completed_successfully"}
    assert healthy | ended == {target for target, _ in conditions}
    assert all("healthcheck" in compose.services[target] for target in healthy)
    assert ended == {"release"}
    assert "always" not in compose.services["release"]["restart"]
    assert "unless" not in compose.services["release"]["restart"]


def test_everything_that_goes_on_is_started_again_and_asked_how_it_is(compose: ComposeFile) -> None:
    lasting = {name: service for name, service in compose.services.items() if name != "release"}
    assert {service["restart"] for service in lasting.values()} == {"unless-stopped"}
    assert all("healthcheck" in service for service in lasting.values())


@pytest.mark.parametrize("name", sorted(set(ComposeFile.read().services) - {"release"}))
def test_a_health_check_asks_with_what_is_in_the_image(compose: ComposeFile, name: str) -> None:
    kind, program, *arguments = compose.services[name]["healthcheck"]["test"]
    assert kind == "CMD"
    assert program == TOOLS.get(name, "python")
    if program == "python":
        option, code = arguments
        assert option == "-c"
        assert compile(code, name, "exec")


def test_networks_and_volumes_that_are_used_are_declared(compose: ComposeFile) -> None:
    networks = {one for service in compose.services.values() for one in service["networks"]}
    volumes = {one.partition(":")[0] for service in compose.services.values() for one in service.get("volumes", ())}
    assert networks == set(compose.document["networks"])
    assert volumes == set(compose.document["volumes"])


def test_postgres_keeps_its_data_on_a_volume(compose: ComposeFile) -> None:
    """Where version 18 keeps it: a volume at the path of older versions would hold nothing."""
    assert compose.services["postgres"]["image"].startswith("postgres:18")
    assert compose.services["postgres"]["volumes"] == ["ledger:/var/lib/postgresql"]


def test_redis_neither_evicts_nor_persists(compose: ComposeFile) -> None:
    command = shlex.split(compose.services["redis"]["command"])
    options = dict(zip(command[1::2], command[2::2], strict=True))
    assert command[0] == "redis-server"
    assert options == {"--save": "", "--appendonly": "no", "--maxmemory-policy": preflight.NEVER_EVICTS}
    assert "volumes" not in compose.services["redis"]


def test_the_web_tier_cannot_reach_redis(compose: ComposeFile) -> None:
    assert not set(compose.services["web"]["networks"]) & set(compose.services["redis"]["networks"])
    assert "REDIS_URL" not in compose.services["web"]["environment"]


def test_each_service_shares_a_network_with_what_it_waits_for(compose: ComposeFile) -> None:
    """But for the release, which is done by then."""
    networks = {name: set(service["networks"]) for name, service in compose.services.items()}
    for name, service in compose.services.items():
        for target in set(service.get("depends_on", {})) - {"release"}:
            assert networks[name] & networks[target], f"{name} cannot reach {target}"


def test_postgres_and_redis_can_be_reached_from_nowhere_else(compose: ComposeFile) -> None:
    for name in ("postgres", "redis"):
        assert "ports" not in compose.services[name]
        assert all(
            compose.document["networks"][one] == {"internal": True} for one in compose.services[name]["networks"]
        )


def test_only_the_web_tier_is_open_to_other_machines(compose: ComposeFile) -> None:
    for name, service in compose.services.items():
        for port in service.get("ports", ()):
            assert name in PUBLIC or port.startswith("127.0.0.1:"), f"{name} publishes {port}"
            # A network that leads outside is what a published port needs.
            assert "outside" in service["networks"]


def test_our_containers_may_do_as_little_as_possible(compose: ComposeFile) -> None:
    for service in compose.ours().values():
        assert service["init"] is True
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert "user" not in service, "the image's own, which is not root"
        assert "privileged" not in service


def test_no_container_has_a_name_of_its_own_since_that_could_not_be_scaled(compose: ComposeFile) -> None:
    assert not any("container_name" in service or "hostname" in service for service in compose.services.values())


def test_a_worker_is_given_more_time_to_end_than_it_takes(compose: ComposeFile) -> None:
    for name, service in compose.services.items():
        if name.startswith("worker"):
            assert seconds(service["stop_grace_period"]) >= lifecycle.GRACE_S + 5


def test_the_web_tier_is_given_more_time_to_end_than_it_takes(compose: ComposeFile) -> None:
    assert seconds(compose.services["web"]["stop_grace_period"]) >= server.GRACE_S + 5


def test_only_the_sandbox_must_be_asked_for(compose: ComposeFile) -> None:
    assert {name: service["profiles"] for name, service in compose.services.items() if "profiles" in service} == {
        "sandbox": ["sandbox"]
    }
