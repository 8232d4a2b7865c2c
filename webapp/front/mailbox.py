"""Which mailbox an address reaches, as far as its spelling tells. For cooling down only.

Separate because nobody's address is ever changed by it: two spellings that may reach one person share a brake, and are two
people everywhere else. Where it takes two people for one, the second waits for their mail, and is signed up all the same.
"""

GMAIL = "gmail.com"
PROTON = "proton.me"
_GMAILS = frozenset({GMAIL, "googlemail.com"})
_PROTONS = frozenset({PROTON, "protonmail.com", "protonmail.ch", "pm.me"})
_UNSEEN_BY_PROTON = str.maketrans("", "", "._-")


def mailbox(address: str) -> str:
    """`ada.l+news@googlemail.com` reaches `adal@gmail.com`: what follows a + is nobody's name, and Gmail sees no dots,
    Proton neither these nor hyphens nor underscores.

    `address`: as it is stored, in lower case.
    """
    local, _, domain = address.rpartition("@")
    local = local.partition("+")[0] or local
    if domain in _GMAILS:
        local, domain = local.replace(".", "") or local, GMAIL
    elif domain in _PROTONS:
        local, domain = local.translate(_UNSEEN_BY_PROTON) or local, PROTON
    return f"{local}@{domain}"


def mail_domain(address: str) -> str:
    """The domain of an address."""
    return address.rpartition("@")[2]
