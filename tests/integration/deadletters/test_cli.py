"""`flask jobs ...`: the same decisions from a terminal, under the same rules."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from click.testing import Result

from ledger import audit, bulk, operations
from ledger.connection import Connection
from ledger.decisions import Verb
from ledger.states import State
from tests.integration.deadletters.standing import dead, many_dead, standing
from tests.integration.ledger.owed_jobs import events, state

Run = Callable[..., Result]
TARGET = {"retry": State.STAGED, "discard": State.DISCARDED, "cancel": State.CANCELLED}


def entries(ledger: Connection) -> list[audit.Entry]:
    return audit.page(ledger, limit=50).entries


@pytest.mark.parametrize(("command", "before"), [("retry", "dead"), ("discard", "unknown"), ("cancel", "retrying")])
def test_jobs_that_are_named_are_decided_on_and_entered(
    run: Run, ledger: Connection, command: str, before: str
) -> None:
    jobs = [standing(ledger, State(before)) for _ in range(2)]
    result = run(command, *jobs, "--as", "ada")
    assert (result.exit_code, result.stderr) == (0, "")
    assert {state(ledger, job) for job in jobs} == {TARGET[command]}
    assert [(one.actor, one.action, one.job_id) for one in entries(ledger)] == [
        ("ada", command, job) for job in jobs[::-1]
    ]


def test_one_that_cannot_be_decided_on_is_told_with_its_state_and_the_others_are_done(
    run: Run, ledger: Connection
) -> None:
    good, running, nobody = dead(ledger), standing(ledger, State.RUNNING), uuid4()
    result = run("retry", running, good, nobody)
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        f"{running}  is running; it would have to be dead or unknown",
        f"{nobody}  there is no such job",
    ]
    assert (state(ledger, good), state(ledger, running)) == (State.STAGED, State.RUNNING)
    assert len(entries(ledger)) == 1


def test_a_job_in_doubt_is_retried_only_by_somebody_who_means_it(run: Run, ledger: Connection) -> None:
    job = standing(ledger, State.UNKNOWN)
    history = events(ledger, job)
    result = run("retry", job)
    assert result.exit_code == 1
    assert "--even-if-repeated" in result.stderr
    assert (state(ledger, job), events(ledger, job), entries(ledger)) == (State.UNKNOWN, history, [])
    assert run("retry", job, "--even-if-repeated").exit_code == 0
    assert state(ledger, job) is State.STAGED


def test_in_bulk_too(run: Run, ledger: Connection) -> None:
    standing(ledger, State.UNKNOWN)
    refused = run("retry", "--state", "unknown", "--all")
    assert refused.exit_code == 2
    assert "--even-if-repeated" in refused.stderr
    assert operations.newest(ledger, limit=5) == []
    assert run("retry", "--state", "unknown", "--all", "--dry-run").output == "1 jobs\n"
    assert run("retry", "--state", "unknown", "--all", "--even-if-repeated").exit_code == 0
    assert [one.counted for one in operations.newest(ledger, limit=5)] == [1]


def test_a_bulk_retry_is_written_down_for_the_workers(run: Run, ledger: Connection) -> None:
    many_dead(ledger, 9)
    result = run("retry", "--state", "dead", "--error", "rejected", "--rate", "3", "--as", "ada")
    (asked,) = operations.newest(ledger, limit=5)
    assert result.stdout == f"9 jobs, 3 a second, as operation {asked.id}\n"
    assert (asked.actor, asked.verb, asked.rate, asked.counted) == ("ada", Verb.RETRY, 3, 9)
    assert asked.selection == {"state": "dead", "error": "rejected"}
    assert [(one.actor, one.bulk_id, one.count) for one in entries(ledger)] == [("ada", asked.id, 9)]


@pytest.mark.parametrize("command", ["retry", "discard"])
def test_a_dry_run_counts_and_writes_nothing(run: Run, ledger: Connection, command: str) -> None:
    many_dead(ledger, 9)
    assert run(command, "--state", "dead", "--queue", "newsletter", "--dry-run").output == "9 jobs\n"
    assert (operations.newest(ledger, limit=5), entries(ledger)) == ([], [])


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ([], "say which jobs you mean: a state is needed"),
        (["--all"], "say which jobs you mean: a state is needed"),
        (["--dry-run"], "say which jobs you mean: a state is needed"),
        (["--state", "dead"], "say which jobs you mean: kind, queue"),
        (["--state", "running", "--all"], "dead or unknown"),
        (["--state", "failed", "--all"], "there is no state 'failed'; there are staged, "),
        (["--state", "dead", "--kind", "welcome"], "there is no kind 'welcome'; there are newsletter.erase, "),
        (["--state", "dead", "--kind", ""], "there is no kind ''"),
        (["--state", "dead", "--queue", "letters"], "there is no queue 'letters'; there are email, "),
        (["--state", "dead", "--before", "yesterday"], "ISO 8601"),
        (["--state", "dead", "--all", "--rate", "0"], "from 1 to 1000"),
        (["--state", "dead", "--all", "--kind", "newsletter.subscribe"], "contradicts"),
        (["00000000-0000-4000-8000-000000000000", "--state", "dead"], "not both"),
        (["00000000-0000-4000-8000-000000000000", "--dry-run"], "not both"),
        (["nonsense"], "not a valid UUID"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_line(
    run: Run,
    ledger: Connection,
    options: list[str],
    reason: str,
) -> None:
    many_dead(ledger, 1)
    result = run("retry", *options)
    assert result.exit_code == 2
    assert reason in result.stderr.splitlines()[-1]
    assert (operations.newest(ledger, limit=5), entries(ledger)) == ([], [])


def test_the_list_takes_the_same_filters(run: Run, ledger: Connection) -> None:
    job = dead(ledger, code="down")
    dead(ledger)
    (line,) = run("list", "--state", "dead", "--error", "down", "--queue", "newsletter").stdout.splitlines()
    assert line.startswith(str(job))
    assert run("list", "--after", "2999-01-01T00:00:00Z").stdout == ""


def test_show_has_the_whole_history_after_a_replay(run: Run, ledger: Connection) -> None:
    job = dead(ledger)
    run("retry", job)
    history = run("show", job).stdout.split("history\n")[1].splitlines()
    assert [line.split()[1] for line in history] == ["claimed", "died", "replayed"]


def test_errors_counts_by_why(run: Run, ledger: Connection) -> None:
    assert run("errors").stderr == "Nothing waits for a person.\n"
    many_dead(ledger, 3, code="down")
    dead(ledger)
    assert [line.split()[:4] for line in run("errors").stdout.splitlines()] == [
        ["3", "dead", "newsletter.subscribe", "down"],
        ["1", "dead", "newsletter.subscribe", "rejected"],
    ]
    assert len(run("errors", "--error", "down").stdout.splitlines()) == 1


def test_bulk_says_how_far_it_is_and_can_be_called_off(run: Run, ledger: Connection) -> None:
    assert run("bulk").stderr == "No bulk operations.\n"
    many_dead(ledger, 9)
    run("discard", "--state", "dead", "--all", "--rate", "4", "--as", "ada")
    ledger.execute("UPDATE bulk_operations SET paced_until = now() - interval '1 second'")
    assert bulk.advance(ledger) == 4
    (line,) = run("bulk").stdout.splitlines()
    assert "under way" in line
    assert "4/9  discard state=dead  by ada" in line
    (operation,) = operations.newest(ledger, limit=5)
    assert "called off" in run("bulk-stop", operation.id, "--as", "bob").stdout
    assert [(one.actor, one.action) for one in entries(ledger)] == [("bob", "stop"), ("ada", "discard")]
    assert run("bulk-stop", operation.id).exit_code == 1


def test_who_decides_is_whoever_sits_at_the_terminal_unless_told_otherwise(run: Run, ledger: Connection) -> None:
    run("retry", dead(ledger))
    (entry,) = entries(ledger)
    assert entry.actor.startswith("cli")
