"""docker-compose.yml as Compose reads it: parsed, and with its variables filled in.

Separate because no Compose is at hand where these tests run, and several of them need the same reading. It knows the two
forms of a variable that the file uses, `${NAME:?message}` and `${NAME:-default}`, and refuses any other, so that no form is
used which some version of Compose reads differently (nested ones are evaluated eagerly by some).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[3]
PATH = ROOT / "docker-compose.yml"

_VARIABLE = re.compile(r"\$\{(?P<name>[A-Z_]+):(?P<form>[-?])(?P<text>[^}$]*)\}")
_SECONDS = {"ms": 0.001, "s": 1, "m": 60}


class MissingVariableError(Exception):
    """Compose would refuse to start. `name`: the variable; the text is what the file says about it."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


@dataclass(frozen=True)
class Variable:
    """One use of a variable. `default` is None where there must be a value, and `message` says so then."""

    name: str
    default: str | None
    message: str | None


class ComposeFile:
    """A Compose file. `document` is what YAML makes of it, anchors and merges resolved."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.services: dict[str, dict[str, Any]] = document["services"]

    @classmethod
    def read(cls) -> "ComposeFile":
        """The project's, with its variables as they are written."""
        return cls(yaml.safe_load(PATH.read_text(encoding="utf-8")))

    def ours(self) -> dict[str, dict[str, Any]]:
        """The services that run the project's own image."""
        return {name: service for name, service in self.services.items() if "build" in service}

    def variables(self) -> list[Variable]:
        """Every use of a variable, in the services."""
        return [found for text in _texts(self.document["services"]) for found in _used(text)]

    def filled(self, values: Mapping[str, str]) -> "ComposeFile":
        """The same with `values` in the place of the variables. Raises MissingVariableError as Compose would refuse."""
        return ComposeFile(_filled(self.document, values))


def seconds(duration: str) -> float:
    """Compose's way to write one time span, e.g. "90s"."""
    number, unit = re.fullmatch(r"(\d+)(ms|s|m)", duration).groups()
    return float(number) * _SECONDS[unit]


def _texts(node: Any) -> Iterator[str]:
    match node:
        case str():
            yield node
        case dict():
            yield from (text for one in node.values() for text in _texts(one))
        case list():
            yield from (text for one in node for text in _texts(one))


def _used(text: str) -> list[Variable]:
    found = [
        Variable(one["name"], one["text"] if one["form"] == "-" else None, one["text"] if one["form"] == "?" else None)
        for one in _VARIABLE.finditer(text)
    ]
    assert text.count("$") == len(found), f"not a form of variable that every Compose reads alike: {text}"
    return found


def _filled(node: Any, values: Mapping[str, str]) -> Any:
    match node:
        case str():
            return _VARIABLE.sub(partial(_value, values), node)
        case dict():
            return {key: _filled(one, values) for key, one in node.items()}
        case list():
            return [_filled(one, values) for one in node]
        case _:
            return node


def _value(values: Mapping[str, str], found: re.Match[str]) -> str:
    if value := values.get(found["name"]):
        return value
    if found["form"] == "?":
        raise MissingVariableError(found["name"], found["text"])
    return found["text"]
