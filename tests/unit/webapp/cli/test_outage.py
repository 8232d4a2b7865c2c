import pytest
from flask import Flask

from webapp.desk import EXTENSION


@pytest.mark.parametrize("command", [["db", "upgrade"], ["jobs", "list"]], ids=" ".join)
def test_without_a_ledger_a_command_ends_in_one_line(app: Flask, command: list[str]) -> None:
    result = app.test_cli_runner().invoke(args=command)
    app.extensions[EXTENSION].close()
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1] == (
        "Error: the ledger cannot be reached: is DATABASE_URL right, and is PostgreSQL running?"
    )
