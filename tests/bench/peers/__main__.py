"""`python -m tests.bench.peers --count 500`: every peer once against real engines, and what reached the provider.

A check that each peer does its work and does all of it, not a measurement: that is `make bench`. Ends with 1 where
something was lost.
"""

import argparse
import sys
import time
import uuid
from collections.abc import Sequence
from datetime import datetime

from tests.bench.contender import Contender, ContenderError, Ground
from tests.bench.peers.roster import contenders
from tests.bench.stack import Stack, started

LOOK_S = 0.1
SETTLE_S = 0.5  # for a job done twice to show; what comes later still is the driver's to find
PROVIDERS = {"S3": ("mailchimp", 10, 0), "S4": ("listmonk", 32, 50)}


def main() -> int:
    """Run them one after the other."""
    options = _options()
    name, connections, latency = PROVIDERS[options.scenario]
    provider = options.provider or name
    failed = 0
    with started() as stack:
        limit = options.connections or connections
        mode = "flaky" if options.flaky else "ok"
        stack.sandbox.set_mode(provider, mode, error_rate=options.flaky, latency_ms=latency, connections=limit)
        redis, postgres = stack.environment["REDIS_URL"], stack.environment["DATABASE_URL"]
        ground = Ground(redis, postgres, provider, stack.sandbox.http_url, limit)
        for one in contenders(options.scenario):
            if options.only is None or options.only.lower() in one.name.lower():
                failed += _checked(one, stack, ground, options.count, options.within)
    return 1 if failed else 0


def _checked(contender: Contender, stack: Stack, ground: Ground, count: int, within_s: float) -> bool:
    addresses = [f"{uuid.uuid4().hex}@example.org" for _ in range(count)]
    try:
        contender.install()
        stack.sandbox.clear(ground.provider)
        contender.clear(ground)
        begun = time.monotonic()
        contender.enqueue(ground, addresses)
        fed = time.monotonic()
        with contender.working(ground, within_s=within_s) as working:
            up = time.monotonic()
            while _effects(stack, ground) < count and time.monotonic() < up + within_s:
                working.check()
                time.sleep(LOOK_S)
            time.sleep(SETTLE_S)
    except ContenderError as error:
        sys.stdout.write(f"{error}\n")
        return True
    keys, took_s = _journal(stack, ground)
    state = stack.sandbox.state(ground.provider)
    lost = len(set(addresses) - set(keys))
    sys.stdout.write(
        f"{contender.name:24} {(len(keys) - 1) / took_s if took_s else 0:8,.0f} jobs/s   lost {lost}   "
        f"repeated {len(keys) - len(set(keys))}   at once {state['most_at_once']} of {ground.connections}, "
        f"turned away {state['turned_away']}   fed {count / (fed - begun):,.0f}/s, up in {up - fed:.1f} s   "
        f"({contender.version()})\n"
    )
    sys.stdout.flush()
    return lost > 0


def _effects(stack: Stack, ground: Ground) -> int:
    return int(stack.sandbox.state(ground.provider)["effects"])


def _journal(stack: Stack, ground: Ground) -> tuple[Sequence[str], float]:
    """Whose effects there were, and the seconds from the first to the last."""
    journal = stack.sandbox.journal(ground.provider, brief=True)
    if not journal:
        return [], 0.0
    first, last = (datetime.fromisoformat(journal[end]["at"]) for end in (0, -1))
    return [effect["key"] for effect in journal], (last - first).total_seconds()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.peers")
    parser.add_argument("--count", type=int, default=500, help="jobs for each (%(default)s)")
    parser.add_argument("--scenario", choices=sorted(PROVIDERS), default="S3")
    parser.add_argument("--only", help="those with this in their name")
    parser.add_argument("--provider", choices=["mailchimp", "listmonk"], help="another than the scenario's")
    parser.add_argument("--connections", type=int, help="another limit than the scenario's")
    parser.add_argument("--flaky", type=float, default=0.0, help="how many calls fail, of 1: shows that peers retry")
    parser.add_argument("--within", type=float, default=120.0, help="seconds for each (%(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
