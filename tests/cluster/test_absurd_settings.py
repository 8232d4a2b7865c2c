"""Numbers that cannot be meant: 0, negative, absurd. One clear line that names the setting, at the start and not at the first job."""

from collections.abc import Callable
from pathlib import Path

import pytest

from config.settings import EXIT_CONFIG
from tests.cluster.nodes import UsherWorkerContainer
from tests.cluster.test_refusals import GOOD, last_words

ROOT = Path(__file__).resolve().parents[2]
ABSURD = Path(__file__).parent / "absurd"
USAGE = 2  # what click ends with

RunCelery = Callable[..., UsherWorkerContainer]


@pytest.mark.parametrize("hands", ["0", "1001", "100001"])
def test_a_concurrency_that_cannot_be_meant(run_celery: RunCelery, hands: str) -> None:
    worker = run_celery("worker", "-P", "threads", "--concurrency", hands, **GOOD)
    assert last_words(worker) == [f"usher: --concurrency: must be from 1 to 1000, not {hands}; e.g. --concurrency 32"]
    assert worker.exit_code == EXIT_CONFIG


def test_a_negative_concurrency_is_refused_by_celery_itself(run_celery: RunCelery) -> None:
    worker = run_celery("worker", "-P", "threads", "--concurrency", "-1", **GOOD)
    assert last_words(worker)[-1].startswith("Error: Invalid value for '-c' / '--concurrency'")
    assert worker.exit_code == USAGE


@pytest.mark.parametrize("bounds", ["0", "0,0", "-1,3", "100001,1"])
def test_an_autoscale_that_cannot_be_meant(run_celery: RunCelery, bounds: str) -> None:
    worker = run_celery("worker", "-P", "prefork", f"--autoscale={bounds}", **GOOD)
    (line,) = last_words(worker)
    assert line.startswith("usher: --autoscale: must be from 1 to 1000 at most")
    assert worker.exit_code == EXIT_CONFIG


SETTINGS = {
    "window 0": ("RELAY_WINDOW", "0", "input should be greater than or equal to 1; e.g. RELAY_WINDOW=2000"),
    "window -5": ("RELAY_WINDOW", "-5", "input should be greater than or equal to 1; e.g. RELAY_WINDOW=2000"),
    "window a billion": ("RELAY_WINDOW", "1000000000", "less than or equal to 100000; e.g. RELAY_WINDOW=2000"),
    "window many": ("RELAY_WINDOW", "many", "; e.g. RELAY_WINDOW=2000"),
    **{
        f"{channel} connections {number}": (
            f"{channel.upper()}_DSN",
            f"{GOOD[f'{channel.upper()}_DSN']}&connections={number}",
            f"has a connections= that is not a whole number from 1 to 1000; e.g. {channel.upper()}_DSN=",
        )
        for channel in ("newsletter", "email")
        for number in ("0", "-1", "abc", "1000000")
    },
    "mailchimp connections 11": (
        "NEWSLETTER_DSN",
        "mailchimp+https://any:key@us3.api.mailchimp.com/?list=a1b2c3d4e5&connections=11",
        "has a connections= that is not a whole number from 1 to 10",
    ),
    "mailchimp bulk 0": (
        "NEWSLETTER_DSN",
        "mailchimp+https://any:key@us3.api.mailchimp.com/?list=a1b2c3d4e5&bulk=0",
        "has a bulk= that is not a whole number from 1 to 500",
    ),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_a_window_or_a_number_of_connections_that_cannot_be_meant(run_celery: RunCelery, name: str) -> None:
    variable, value, wrong = SETTINGS[name]
    worker = run_celery("worker", "-P", "threads", **GOOD | {variable: value})
    (line,) = last_words(worker)
    assert line.startswith(f"usher: {variable}: ")
    assert wrong in line
    assert worker.exit_code == EXIT_CONFIG


@pytest.mark.parametrize("batch", ["0", "-1", "1000000000", "True", "1.5", "'50'", "None"])
def test_a_kind_whose_batch_cannot_be_meant(run_celery: RunCelery, batch: str) -> None:
    worker = run_celery("worker", "-P", "threads", **GOOD | {"PYTHONPATH": f"{ABSURD}:{ROOT}", "ABSURD_BATCH": batch})
    said = f"usher: jobs/kinds: the batch of test.absurd must be a whole number from 1 to 1000, not {batch}"
    assert last_words(worker) == [said]
    assert worker.exit_code == EXIT_CONFIG
