"""A crowd of bots wants one stranger to be flooded with our mail. However they come, it is one mail."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from ledger.connection import Connection
from tests.integration.webapp.front.conftest import Open, by_api, by_form

CROWD = 300
SPELLINGS = ("stranger@example.org", "Stranger@example.org", "stranger+a@example.org", "stranger+b@Example.org")
OWED = "SELECT kind, count(*) FROM jobs WHERE queue = 'email' AND NOT muted GROUP BY kind"


@pytest.mark.usefixtures("unhurried")
@pytest.mark.parametrize(
    ("changed", "kind"),
    [({"double_opt_in": False}, "notification.welcome.email"), ({"double_opt_in": True}, "notification.confirm.email")],
    ids=["at once", "double opt-in"],
)
def test_a_stranger_whom_three_hundred_clients_sign_up_is_owed_one_mail(
    opened: Open, ledger: Connection, changed: dict[str, bool], kind: str
) -> None:
    app = opened(**changed)

    def come(turn: int) -> int:
        door = by_form if turn % 3 == 0 else by_api
        address = f"10.2.{turn // 250}.{turn % 250 + 1}" if turn % 2 else f"2001:db8:{turn:x}::1"
        return door(app.test_client(), SPELLINGS[turn % len(SPELLINGS)], address).status_code

    with ThreadPoolExecutor(24) as bots:
        statuses = Counter(bots.map(come, range(CROWD)))
    assert statuses == {202: CROWD - CROWD // 3, 303: CROWD // 3}
    assert ledger.execute("SELECT count(*) FROM signups").fetchone() == (CROWD,)
    assert ledger.execute(OWED).fetchall() == [(kind, 1)]
