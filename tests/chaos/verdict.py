"""What is right and what is not, for each address at each provider, counted at the receiving end.

An *obligation* is one address at one provider: whoever was told 202 at least once is owed one effect at each. The effect
is `subscriber.created` at the newsletter (putting somebody on a list twice is none) and a mail accepted for the address
at the mail server. What the system says of it and how many effects there are, together, make exactly one of these:

    done         it says succeeded, and there is one effect
    dead         it says so, visibly and with the reason, and there is at most one effect
    unknown      it says that nobody can know, and there is at most one effect
    unfinished   it says that there is more to do, though nothing has moved for a long time
    LOST         a visitor was told 202, and there is no effect and no visible `dead` or `unknown`;
                 or it says succeeded, and there is no effect
    REPEATED     more than one effect, whatever it says
    UNASKED      an effect for an address that nobody was told 202 for and the system knows nothing of
    none         nobody was told 202, the system knows nothing, and there is no effect

Visitors who got no answer count as soon as the system knows of them: what it has taken it must do, told or not.
Separate, because it is the judge. It must never know which system it judges, and is pure.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tests.chaos.systems import Standing, Standings

NEWSLETTER, MAIL = "listmonk", "smtp"
EFFECTS = {NEWSLETTER: "subscriber.created", MAIL: "mail.accepted"}


class Verdict(StrEnum):
    """See above."""

    DONE = "done"
    DEAD = "dead"
    UNKNOWN = "unknown"
    UNFINISHED = "unfinished"
    LOST = "lost"
    REPEATED = "repeated"
    UNASKED = "unasked"
    NONE = "none"


WRONG = (Verdict.UNFINISHED, Verdict.LOST, Verdict.REPEATED, Verdict.UNASKED)


@dataclass(frozen=True, slots=True)
class Judgement:
    """How many obligations came to what, and who is behind those that are wrong."""

    counts: Counter[tuple[str, Verdict]] = field(default_factory=Counter)
    offenders: dict[tuple[str, str], Verdict] = field(default_factory=dict)

    def total(self, verdict: Verdict) -> int:
        """Over both providers."""
        return sum(count for (_, found), count in self.counts.items() if found is verdict)

    @property
    def is_clean(self) -> bool:
        """Nothing wrong."""
        return not self.offenders


def judge(told: Collection[str], standings: Standings, effects: Mapping[str, Counter[str]]) -> Judgement:
    """`told`: the addresses that were answered 202. `effects`: by provider, how many for each address."""
    judgement = Judgement()
    accepted = set(told)
    known = {address for address, _ in standings}
    for provider in EFFECTS:
        for address in accepted | known | set(effects[provider]):
            standing = standings.get((address, provider), Standing.ABSENT)
            verdict = weigh(standing, effects[provider][address], was_told=address in accepted)
            judgement.counts[provider, verdict] += 1
            if verdict in WRONG:
                judgement.offenders[address, provider] = verdict
    return judgement


def weigh(standing: Standing, effects: int, *, was_told: bool) -> Verdict:
    """One obligation."""
    if effects > 1:
        return Verdict.REPEATED
    match standing:
        case Standing.UNFINISHED:
            return Verdict.UNFINISHED
        case Standing.SUCCEEDED:
            return Verdict.DONE if effects else Verdict.LOST
        case Standing.UNKNOWN:
            return Verdict.UNKNOWN
        case Standing.DEAD:
            return Verdict.DEAD
        case Standing.ABSENT if was_told:
            return Verdict.DONE if effects else Verdict.LOST
        case Standing.ABSENT:
            return Verdict.UNASKED if effects else Verdict.NONE


def effects_in(journals: Mapping[str, Iterable[Mapping[str, object]]]) -> dict[str, Counter[str]]:
    """By provider, the effects on each address, from the sandbox's journals."""
    counted = {}
    for provider, name in EFFECTS.items():
        entries = [entry for entry in journals[provider] if entry["effect"] == name]
        counted[provider] = Counter(address for entry in entries for address in _addresses(entry))
    return counted


def _addresses(entry: Mapping[str, object]) -> list[str]:
    to = entry.get("to")
    return [str(one).lower() for one in to] if isinstance(to, list) else [str(entry["key"]).lower()]
