"""Traps for programs that fill in every form they find. A person who is caught is asked to press the button once more.

Two of them: a field that nobody sees, and a page that comes back sooner than anybody can type. Whoever reads the answer
gets through at the second press; what posts blindly does not. Separate because a page must know neither the field's name
nor the time it takes to type. They must never turn a person away for good, nor store anything.
"""

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask.blueprints import BlueprintSetupState
from itsdangerous import BadSignature, Signer

from webapp.desk import EXTENSION as DESK
from webapp.fixture import Fixture
from webapp.keys import derived

LURE = "homepage"  # a name that programs know and browsers do not fill in by themselves
ONCE = "once"
QUICKEST_S = 2.0  # nobody types an address in less; a password manager fills it in faster, and then presses twice


@dataclass(frozen=True, slots=True)
class Traps:
    """`quickest_s`: None where only the field is a trap. `now`: seconds since 1970."""

    key: bytes
    quickest_s: float | None
    now: Callable[[], float] = time.time

    def stamp(self, *, ripe: bool) -> str:
        """A value for the field ONCE: random, and signed with the time of rendering.

        `ripe`: for a page that answers to a form. Whoever gets it has already shown how they type.
        """
        rendered = self.now() - (self.quickest_s or 0 if ripe else 0)
        return self._signer().sign(f"{secrets.token_urlsafe(16)}.{rendered * 1_000:.0f}").decode()

    def catch(self, sent: Mapping[str, str], *, timed: bool = True) -> bool:
        """Whether what was sent looks like a program's. `timed`: False for a form that was not rendered by us."""
        return bool(sent.get(LURE)) or (timed and self._too_quick(sent.get(ONCE, "")))

    def _too_quick(self, stamp: str) -> bool:
        if self.quickest_s is None:
            return False
        try:
            rendered = int(self._signer().unsign(stamp).rpartition(b".")[2]) / 1_000
        except (BadSignature, ValueError):
            return True
        return self.now() - rendered < self.quickest_s - 0.001  # what a stamp is rounded to

    def _signer(self) -> Signer:
        return Signer(self.key, salt="the form's time")


_FIXTURE = Fixture("usher.traps", Traps)
put_in = _FIXTURE.put_in
at_door = _FIXTURE.at_hand


def install(state: BlueprintSetupState) -> None:
    """Set them up for the application. Without limits there is no time trap either: load tests type faster than people."""
    settings = state.app.extensions[DESK].settings
    quickest_s = QUICKEST_S if settings.signup_limits is not None else None
    put_in(state.app.extensions, Traps(derived(settings, "traps"), quickest_s))
