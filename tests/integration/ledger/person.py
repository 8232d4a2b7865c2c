"""One person, for tests of what happens to people: signed up, left, confirmed and erased through the ledger's own verbs."""

from dataclasses import dataclass, field
from uuid import UUID

from psycopg import sql

from ledger import confirmations, erasure, leaving, people
from ledger.confirmations import Confirmation
from ledger.connection import Connection
from ledger.leaving import Parting
from ledger.owed import Owed
from ledger.people import Person
from ledger.signups import Signup, Wanted, find, record_all
from tests.integration.ledger.owed_jobs import owed

NEWSLETTER, EMAIL = "newsletter", "email"
SUBSCRIBE = owed("newsletter.subscribe", NEWSLETTER)
WELCOME = owed("notification.welcome.email", EMAIL, once=True)
ASK = owed("notification.confirm.email", EMAIL)
UNSUBSCRIBE = owed("newsletter.unsubscribe", NEWSLETTER)
PARTING = Parting("newsletter.unwanted", [UNSUBSCRIBE], [SUBSCRIBE.kind, WELCOME.kind])
CLIENT = "192.0.2.7"


@dataclass(frozen=True)
class Someone:
    """Somebody with an address; every verb takes the session to do it in."""

    address: str = "ann@b.example"
    owes: tuple[Owed, ...] = field(default=(SUBSCRIBE, WELCOME))

    @property
    def digest(self) -> bytes:
        return f"digest of {self.address}".encode()

    def wanted(self, *, asks: bool = False, replaces: UUID | None = None) -> Wanted:
        return Wanted(
            "signup.completed",
            self.address,
            "Ann",
            "en",
            (ASK,) if asks else self.owes,
            to_ask=() if asks else (ASK,),
            digest=self.digest,
            asks=asks,
            door="form",
            shown="the words beside the button",
            client=CLIENT,
            replaces=replaces,
        )

    def sign_up(self, ledger: Connection, *, asks: bool = False, replaces: UUID | None = None) -> Signup:
        (signup,) = record_all(ledger, [self.wanted(asks=asks, replaces=replaces)])
        return signup

    def now(self, ledger: Connection) -> Person:
        """As the ledger knows them."""
        found = find(ledger, self.address)
        assert found is not None
        person = people.person(ledger, found.id)
        assert person is not None
        return person

    def confirm(self, ledger: Connection, signup: Signup) -> str:
        asked = confirmations.confirmation(ledger, signup.id)
        return "gone" if asked is None else self.answer(ledger, asked)

    def answer(self, ledger: Connection, asked: Confirmation) -> str:
        return confirmations.confirm(
            ledger,
            asked,
            fact="signup.completed",
            owed=self.owes,
            parting=PARTING,
            digest=self.digest,
            client=CLIENT,
            shown="the words beside the button of the confirmation",
        )

    def leave(self, ledger: Connection) -> bool:
        return leaving.leave(ledger, self.now(ledger).id, PARTING)

    def erase(self, ledger: Connection, subscriber_id: UUID | None = None, digest: bytes | None = None) -> bool:
        """`subscriber_id`: who they are, where their address does not say it any more."""
        forget = owed("newsletter.erase", NEWSLETTER, payload={"address": self.address})
        return erasure.erase(
            ledger,
            subscriber_id or self.now(ledger).id,
            fact="person.erasure_asked",
            owed=[forget],
            parting=PARTING,
            digest=digest or self.digest,
        )


def kinds_of(ledger: Connection, subscriber_id: UUID, *, state: str | None = None) -> list[str]:
    """The kinds of their jobs, in the order in which they were owed; of those in `state` where one is given."""
    rows = ledger.execute(
        "SELECT kind FROM jobs WHERE subscriber_id = %s AND (%s::text IS NULL OR state = %s) ORDER BY seq",
        (subscriber_id, state, state),
    )
    return [kind for (kind,) in rows]


def everywhere(ledger: Connection, text: str) -> dict[str, list[str]]:
    """Every row of every table that has the text anywhere in it."""
    tables = ledger.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    query = "SELECT t::text FROM {} AS t WHERE strpos(t::text, %s) > 0"
    found = {
        table: [row for (row,) in ledger.execute(sql.SQL(query).format(sql.Identifier(table)), (text,))]
        for (table,) in tables
    }
    return {table: rows for table, rows in found.items() if rows}
