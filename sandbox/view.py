"""What the page says about a provider, as plain data: the template and the script are given the same.

Separate, because a page that was rendered and one that was refreshed must not differ. It must never hold what a person
has typed: that stays in the browser.
"""

from datetime import UTC, datetime

from sandbox.journal import Entry
from sandbox.modes import Mode
from sandbox.provider import Provider
from sandbox.settings import Settings

SHOWN = 12  # effects for each provider; the journal itself has them all


def view(provider: Provider) -> dict[str, object]:
    """`{name, mode, tone, explanation, behaviour, requests, connections, effects, latest: [...]}`, and the provider's
    `{on_list, left, erased}` where it keeps a list of people.
    """
    mode = provider.settings.mode
    return {
        "name": provider.name,
        "mode": mode.value,
        "tone": _tone(provider.settings),
        "explanation": provider.effects_of[mode],
        "behaviour": _behaviour(provider),
        "requests": provider.requests,
        "connections": provider.connections,
        "effects": provider.journal.count,
        "latest": [_line(provider, entry) for entry in provider.journal.latest(SHOWN)],
        **(provider.people() or {}),
    }


def _tone(settings: Settings) -> str:
    mode = settings.mode
    if mode is Mode.OK:
        return "works" if settings.bulk_answer is None else "limps"
    return "limps" if mode in (Mode.FLAKY, Mode.SLOW, Mode.DRIP, Mode.RATE_LIMITED) else "broken"


def _behaviour(provider: Provider) -> str:
    """The numbers in force, those that matter to the mode."""
    settings = provider.settings
    parts = [f"latency {settings.latency_ms} ms"]
    if settings.mode is Mode.FLAKY:
        parts.append(f"error rate {settings.error_rate:g}")
    if settings.mode is Mode.RATE_LIMITED and provider.names_a_pause:
        parts.append(f"retry after {settings.retry_after_s} s")
    if settings.connections is not None:
        parts.append(f"{settings.connections} at once")
    if settings.bulk_answer is not None:
        parts.append(f"bulk answers: {settings.bulk_answer}")
    return " · ".join(parts)


def _line(provider: Provider, entry: Entry) -> dict[str, object]:
    who, what = provider.line(entry)
    at = datetime.fromtimestamp(entry.at, UTC)
    return {
        "n": entry.n,
        "at": at.isoformat(timespec="milliseconds"),
        "time": at.astimezone().strftime("%H:%M:%S"),
        "who": who,
        "parting": provider.partings.get(entry.effect, ""),
        "what": what or "(no subject)",
        "href": f"/_page/{provider.name}/mails/{entry.n}" if entry.body is not None else None,
    }
