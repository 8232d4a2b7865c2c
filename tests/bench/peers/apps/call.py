"""The one call to the provider that every Python peer makes for one address: the work that all of them share.

Separate, because it runs in the peers' environment and must be the same for each: `requests` over connections that are
kept. It knows nothing of Usher and must use nothing of it. It must never retry: that is each peer's own affair.
"""

import hashlib
import os

import requests
from requests.adapters import HTTPAdapter

TIMEOUT_S = (3, 10)
LIST = os.environ.get("PROVIDER_LIST", "a1b2c3d4e5")  # the sandbox has this one


def _session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # in everybody's favour: no search for proxies and .netrc before each call
    # One session for a process, with room for every thread or greenlet of it. One for each thread would be no session
    # at all under gevent, where each task is a new greenlet.
    room = int(os.environ.get("CONNECTIONS", "10"))
    session.mount("http://", HTTPAdapter(pool_connections=1, pool_maxsize=room, pool_block=True))
    return session


_api = _session()  # connects to nothing yet, so a child of a fork shares no connection with its parent


def deliver(address: str) -> None:
    """Put the address on the list. Raises `requests.RequestException` where that has to be tried again."""
    url = os.environ["PROVIDER_URL"]
    if os.environ["PROVIDER"] == "mailchimp":
        _put_member(url, address)
    else:
        _create_subscriber(url, address)


def _put_member(url: str, address: str) -> None:
    name = hashlib.md5(address.lower().encode(), usedforsecurity=False).hexdigest()
    answer = _api.put(
        f"{url}/3.0/lists/{LIST}/members/{name}?skip_merge_validation=true",
        json={"email_address": address, "status_if_new": "subscribed"},
        auth=("any", "sandbox"),
        timeout=TIMEOUT_S,
    )
    answer.raise_for_status()


def _create_subscriber(url: str, address: str) -> None:
    answer = _api.post(
        f"{url}/api/subscribers",
        json={"email": address, "name": "", "status": "enabled", "lists": [1], "preconfirm_subscriptions": True},
        headers={"Authorization": "token usher:sandbox"},
        timeout=TIMEOUT_S,
    )
    if answer.status_code != requests.codes.conflict:  # there already: done before
        answer.raise_for_status()
