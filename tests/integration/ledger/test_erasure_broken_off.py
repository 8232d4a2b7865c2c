"""An erasure that was broken off after its first commit: the person has left in every respect, and can ask again."""

import psycopg
import pytest

from ledger import erasure
from ledger.connection import Connection
from tests.integration.ledger.person import UNSUBSCRIBE, Someone, kinds_of

ANN = Someone("ann@b.example")


def test_whoever_could_not_be_forgotten_at_once_has_at_least_left(
    ledger: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    ANN.sign_up(ledger)
    person = ANN.now(ledger)
    with monkeypatch.context() as broken:
        broken.setattr(erasure, "_FORGET_JOBS", "SELECT 1 / 0 WHERE %(people)s::uuid[] IS NOT NULL")
        with pytest.raises(psycopg.errors.DivisionByZero):
            ANN.erase(ledger)
    assert (ANN.now(ledger).left_at is not None, ANN.now(ledger).erasing_at) == (True, None)
    assert kinds_of(ledger, person.id, state="staged") == [UNSUBSCRIBE.kind], "and the provider is told"
    assert ANN.erase(ledger)
    assert kinds_of(ledger, person.id) == ["newsletter.erase"]
