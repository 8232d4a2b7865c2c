"""What an address must look like to be taken, and the one spelling that stands for a mailbox here.

Separate because these rules outlive any one form. They must never ask the network: whether a mailbox exists is found
out by writing to it.
"""

import re

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, ValidatedEmail, validate_email

from jobs.translation import sentence
from webapp.rules.complaint import Complaint

MAX_LENGTH = 254  # RFC 5321, 4.5.3.1.3, less the angle brackets

# Nearly every address there is. The library takes what these take, and asks of each character what cannot be wrong with
# it, which was a third of a sign-up's time. A test holds the two together.
_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"(?!..--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_TOP = r"(?!..--)[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?"
_PLAIN = re.compile(rf"(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+{_TOP}", re.ASCII)
# What the library says most often, so that it can be said in other languages too; for the rest there is one sentence.
_THE_LIBRARYS = (
    sentence("An email address must have an @-sign."),
    sentence("There must be something before the @-sign."),
    sentence("There must be something after the @-sign."),
    sentence("An email address cannot have two periods in a row."),
    sentence("The part after the @-sign is a special-use or reserved name that cannot be used with email."),
)
_ANY_OTHER = sentence("This is no email address. One looks like name@example.org.")
_RESERVED = tuple(f".{name}" for name in SPECIAL_USE_DOMAIN_NAMES)


def normal_address(typed: str) -> str:
    """The address in lower case, as it is stored. Raises `Complaint` with a sentence for the person who typed it.

    Spaces around it are dropped. A domain must be ASCII: one in another script is refused together with its `xn--`
    spelling, because providers disagree about which of the two they take.
    """
    typed = typed.strip(" ")
    return plain_address(typed) or _judged(typed)


def plain_address(typed: str) -> str | None:
    """The address as it is stored, where nothing about it calls for a closer look."""
    if len(typed) > MAX_LENGTH or not typed.isascii():
        return None
    address = typed.lower()
    domain = address.rpartition("@")[2]
    return address if _PLAIN.fullmatch(address) and not f".{domain}".endswith(_RESERVED) else None


def _judged(typed: str) -> str:
    if not typed:
        raise Complaint("Please enter your email address.")
    if len(typed) > MAX_LENGTH:
        raise Complaint("This is too long for an email address: at most {most} characters.", most=MAX_LENGTH)
    if typed.count("@") > 1:
        raise Complaint("An email address has only one @-sign.")
    found = _parse(typed)
    local, _, domain = typed.partition("@")
    if not local.isascii():
        raise Complaint("Before the @-sign we can only take letters without accents, digits and signs like . _ + -")
    if not domain.isascii():
        raise Complaint(
            "Please write the part after the @-sign in its international form: {address}",
            address=f"{local}@{found.ascii_domain}",
        )
    return f"{local}@{found.ascii_domain}".lower()


def _parse(typed: str) -> ValidatedEmail:
    try:
        found = validate_email(
            typed,
            allow_smtputf8=True,  # so that we, and not the library, say what to do about such a domain
            allow_quoted_local=False,
            allow_domain_literal=False,
            allow_display_name=False,
            check_deliverability=False,
            globally_deliverable=False,
            strict=True,
        )
    except EmailNotValidError as error:
        raise Complaint(str(error), otherwise=_ANY_OTHER) from None
    _check_domain(found.ascii_domain)
    if len(found.local_part) + 1 + len(found.ascii_domain) > MAX_LENGTH:
        raise Complaint("This is too long for an email address: at most {most} characters.", most=MAX_LENGTH)
    return found


def _check_domain(domain: str) -> None:
    if "." not in domain:
        raise Complaint("The part after the @-sign is missing its ending, such as .com or .org.")
    if re.fullmatch(r"[\d.]+", domain) or domain.rpartition(".")[2].isdigit():
        raise Complaint("The part after the @-sign must be a name, not a number.")
