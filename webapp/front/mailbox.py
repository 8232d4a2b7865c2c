"""Which mailbox an address reaches, as far as its spelling tells. For cooling down only.

Separate because nobody's address is ever changed by it: two spellings that may reach one person share a brake, and are two
people everywhere else. Where it takes two people for one, the second waits for their mail, and is signed up all the same.
"""

GMAIL = "gmail.com"
_GMAILS = frozenset({GMAIL, "googlemail.com"})


def mailbox(address: str) -> str:
    """`ada.l+news@googlemail.com` reaches `adal@gmail.com`: what follows a + is nobody's name, and Gmail sees no dots.

    `address`: as it is stored, in lower case.
    """
    local, _, domain = address.rpartition("@")
    local = local.partition("+")[0] or local
    if domain in _GMAILS:
        local, domain = local.replace(".", "") or local, GMAIL
    return f"{local}@{domain}"


def mail_domain(address: str) -> str:
    """The domain of an address."""
    return address.rpartition("@")[2]
