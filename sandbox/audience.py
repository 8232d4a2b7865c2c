"""Mailchimp's memory: the members of one list (Mailchimp says audience), in a dictionary.

Separate from the HTTP around it, because this is what Mailchimp does with people, and it is worth testing as such.
Every method that changes something says to the journal what it changed; it must never journal a call that changed
nothing. It is as unkind as Mailchimp: who asks for `subscribed`, or for `update_existing`, puts back who left.
"""

import hashlib
import os
from collections.abc import Iterable
from datetime import UTC, datetime

from sandbox.bulk_answers import BulkResult, Row, exists, row_error
from sandbox.headcount import Headcount, Standing
from sandbox.journal import Journal
from sandbox.mailchimp_refusals import NotRemovableError, RefusedError, forgotten, no_way_back, special, wrong_field

STATUSES = frozenset({"subscribed", "unsubscribed", "cleaned", "pending", "transactional"})
STANDINGS = {"subscribed": Standing.ON_LIST, "unsubscribed": Standing.LEFT}
NOT_ARCHIVED = frozenset({"cleaned", "pending", "archived"})  # may not be
UNREADABLE_DOMAIN = "@malformed.example"  # an address there fails the whole call it stands in, as a broken row does


def name_of(address: str) -> str:
    """What Mailchimp calls a member: the MD5 of the address in lower case."""
    return hashlib.md5(address.lower().encode(), usedforsecurity=False).hexdigest()


class Audience:
    """One list."""

    def __init__(self, list_id: str, journal: Journal) -> None:
        self._id = list_id
        self._journal = journal
        self._members: dict[str, Row] = {}
        self._forgotten: set[str] = set()
        self.headcount = Headcount()

    def find(self, name: str) -> Row | None:
        """The member's record, as the API gives it, or None."""
        return self._members.get(name)

    def put(self, name: str, given: Row) -> Row:
        """Change the member, or create them with `status_if_new`. Raises RefusedError."""
        member = self._members.get(name)
        if member is not None:
            return self._changed(name, member, given)
        address = _address(given)
        if name_of(address) != name:
            raise wrong_field("email_address", "The address does not belong to the subscriber hash")
        return self._created(name, address, given, "status_if_new", _now())

    def add(self, rows: Iterable[Row], *, update_existing: bool) -> BulkResult:
        """Many at once; what is wrong with one row is said in that row's error. Raises RefusedError for all of them
        where one cannot even be read.
        """
        wanted = [(_address(row), row) for row in rows]
        result = BulkResult([], [], [], [])
        now = _now()
        for address, row in wanted:
            name = name_of(address)
            member = self._members.get(name)
            try:
                if member is None:
                    result.new.append(self._created(name, address, row, "status", now))
                elif update_existing:
                    result.updated.append(self._changed(name, member, row))
                else:
                    result.existing.append(member)
                    result.errors.append(exists(row))
            except RefusedError as refused:
                result.errors.append(row_error(row, refused.detail, "ERROR_GENERIC"))
        return result

    def patch(self, name: str, given: Row) -> Row | None:
        """Change the member, or None if there is none. Raises RefusedError."""
        member = self._members.get(name)
        return None if member is None else self._changed(name, member, given)

    def archive(self, name: str) -> bool:
        """Put the member away without deleting them. False if there is none. Raises NotRemovableError."""
        member = self._members.get(name)
        if member is None:
            return False
        if member["status"] in NOT_ARCHIVED:
            raise NotRemovableError
        self._moved(member, "archived")
        self._note("member.archived", member)
        return True

    def erase(self, name: str) -> bool:
        """Delete the member for good: nobody can put that address back. False if there is none."""
        member = self._members.pop(name, None)
        if member is None:
            return False
        self._forgotten.add(name)
        self.headcount.moved(_standing(member), Standing.ERASED)
        self._note("member.erased", member)
        return True

    def clear(self) -> None:
        """Forget everybody, also who was erased."""
        self._members.clear()
        self._forgotten.clear()
        self.headcount.clear()

    def _created(self, name: str, address: str, given: Row, status_field: str, now: str) -> Row:
        special(address)
        if name in self._forgotten:
            raise forgotten(address)
        fields = given.get("merge_fields")
        merge_fields = fields if isinstance(fields, dict) else {}
        member: Row = {
            "id": name,
            "email_address": address,
            "contact_id": os.urandom(16).hex(),
            "full_name": merge_fields.get("FNAME", ""),
            "email_type": "html",
            "status": _status(given, status_field),
            "merge_fields": merge_fields,
            "language": given.get("language", ""),
            "last_changed": now,
            "list_id": self._id,
        }
        self._members[name] = member
        self.headcount.came(_standing(member))
        self._note("member.added", member)
        return member

    def _changed(self, name: str, member: Row, given: Row) -> Row:
        before = dict(member)
        if "email_address" in given:
            self._renamed(name, member, _address(given))
        if "status" in given:
            status = _status(given, "status")
            if status == "subscribed":
                no_way_back(str(member["email_address"]), str(member["status"]))
            self._moved(member, status)
        fields = given.get("merge_fields")
        if isinstance(fields, dict):
            member["merge_fields"] = {**_fields(member), **fields}
            member["full_name"] = _fields(member).get("FNAME", "")
        if given.get("language"):
            member["language"] = given["language"]
        if member != before:
            member["last_changed"] = _now()
            moved = member["status"] != before["status"]
            self._note(f"member.{member['status']}" if moved else "member.updated", member)
        return member

    def _moved(self, member: Row, status: str) -> None:
        before = _standing(member)
        member["status"] = status
        self.headcount.moved(before, _standing(member))

    def _renamed(self, name: str, member: Row, address: str) -> None:
        new = name_of(address)
        if new == name:
            return
        if new in self._members:
            raise RefusedError("Member Exists", f"{address} is already a list member.")
        del self._members[name]
        member["id"], member["email_address"] = new, address
        self._members[new] = member

    def _note(self, effect: str, member: Row) -> None:
        key = str(member["email_address"]).lower()
        self._journal.append(
            effect, key, list=self._id, status=member["status"], name=member["full_name"], id=member["contact_id"]
        )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _standing(member: Row) -> Standing:
    return STANDINGS.get(str(member["status"]), Standing.ELSEWHERE)


def _fields(member: Row) -> Row:
    fields = member["merge_fields"]
    return fields if isinstance(fields, dict) else {}


def _address(given: Row) -> str:
    address = given.get("email_address")
    if not isinstance(address, str) or not address:
        raise wrong_field("email_address", "This value should not be blank.")
    if address.lower().endswith(UNREADABLE_DOMAIN):
        raise wrong_field("email_address", "Schema describes string in email format")
    return address


def _status(given: Row, field: str) -> str:
    status = given.get(field)
    if status not in STATUSES:
        raise wrong_field(field, f"Value must be one of {', '.join(sorted(STATUSES))}")
    return str(status)
