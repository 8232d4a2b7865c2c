"""What a sign-up is counted under: keyed digests, so that the ledger's table of limits names nobody.

Separate so that the limits themselves never see an address. Each limit's name is mixed in: the same words under two limits
are two keys.
"""

from ledger.limits import Ask
from webapp.front.client_address import household
from webapp.front.large_mail_domains import LARGE_MAIL_DOMAINS
from webapp.front.mailbox import mail_domain, mailbox
from webapp.keys import Mac

LENGTH = 16  # bytes: none will ever meet another by chance


def ask_for(mac: Mac, email: str, client: str | None) -> Ask:
    """The three keys of a sign-up; None where a limit does not concern it."""
    reached = mailbox(email)
    domain = mail_domain(reached)
    return Ask(
        client=None if client is None else _digest(mac, "client", household(client)),
        recipient=_digest(mac, "recipient", reached),
        domain=None if domain in LARGE_MAIL_DOMAINS else _digest(mac, "domain", domain),
    )


def _digest(mac: Mac, limit: str, counted: str) -> bytes:
    return mac.of(f"{limit} {counted}")[:LENGTH]
