"""What a worker refuses to start with: pools that Usher has not been made to work under."""

import pytest

from config.settings import EXIT_CONFIG
from workers import preflight


@pytest.mark.parametrize("pool", ["gevent", "<class 'celery.concurrency.eventlet.TaskPool'>"])
def test_a_pool_that_patches_the_standard_library_is_one_clear_line(
    pool: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        preflight.check_pool(pool)
    assert ended.value.code == EXIT_CONFIG
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "--pool threads" in told


@pytest.mark.parametrize("pool", ["threads", "<class 'celery.concurrency.prefork.TaskPool'>", "solo"])
def test_celerys_other_pools_are_taken(pool: str) -> None:
    preflight.check_pool(pool)
