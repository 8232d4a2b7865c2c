"""The Procfile is read as the platforms read it."""

from pathlib import Path

import pytest

from embedded import procfile
from embedded.errors import StartError

TEXT = """
# what is deployed
release: flask --app webapp.app db upgrade
web:   some-server "webapp.app:create_app()"
worker-2: celery -A workers worker --queues a:b

not a declaration
"""


def test_each_declaration_gives_a_name_and_its_command_in_order() -> None:
    assert list(procfile.parse(TEXT).items()) == [
        ("release", "flask --app webapp.app db upgrade"),
        ("web", 'some-server "webapp.app:create_app()"'),
        ("worker-2", "celery -A workers worker --queues a:b"),
    ]


def test_a_command_is_run_by_a_shell_that_makes_way_for_it() -> None:
    assert procfile.as_argv("web $PORT") == ("/bin/sh", "-c", "exec web $PORT")


def test_a_missing_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "Procfile"
    path.write_text("web: true\n")
    with pytest.raises(StartError, match=r"^Procfile: has no line for worker, flower$"):
        procfile.read(path, ("web", "worker", "flower"))


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(StartError, match=r"^Procfile: cannot be read \(No such file or directory\)$"):
        procfile.read(tmp_path / "Procfile", ("web",))
