"""A person as Mailchimp is told of them.

Separate, because it is about the words in a request and not about calls. It must never send more than Mailchimp takes:
an unknown language would have the whole row refused.
"""

import hashlib
from functools import lru_cache
from typing import Any

from jobs.kind import Recipient

_CODES = """
en ar af be bg ca zh hr cs da nl et fa fi fr de el he hi hu is id ga it ja km ko lv lt mt ms mk no pl pt ro ru sr sk
sl es sw sv ta th tr uk vi fr_CA pt_PT es_ES
"""
LANGUAGES = frozenset(_CODES.split())
"""Mailchimp's own codes for a contact's language."""

OTHER_NAMES = {"nb": "no", "nn": "no", "iw": "he", "in": "id"}


def row(person: Recipient) -> dict[str, Any]:
    """One of a bulk call's members: subscribed, with first name and language where there are any."""
    fields: dict[str, Any] = {"email_address": person.address, "status": "subscribed"}
    if person.name:
        fields["merge_fields"] = {"FNAME": person.name}
    if person.locale and (language := language_of(person.locale)):
        fields["language"] = language
    return fields


def member_name(address: str) -> str:
    """What the member is called in a path: the MD5 of the address in lower case. Personal data, and no id to keep."""
    return hashlib.md5(address.lower().encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()


@lru_cache(maxsize=512)
def language_of(locale: str) -> str | None:
    """Mailchimp's code for a language tag (RFC 5646), or None where it has none."""
    parts = locale.replace("_", "-").split("-")
    language = OTHER_NAMES.get(parts[0].lower(), parts[0].lower())
    exact = f"{language}_{parts[-1].upper()}"
    if exact in LANGUAGES:
        return exact
    return language if language in LANGUAGES else None
