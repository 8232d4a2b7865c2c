"""The page on which a person breaks and mends providers and watches what arrives.

Separate from the control interface, because this serves people: forms, redirects, pages. Everything works without
JavaScript; the script only saves the reload. It must never do what `/_control` could not.
"""

from collections.abc import Mapping

from aiohttp import web

from sandbox.bulk_answers import BulkAnswer
from sandbox.html import HERE, MAIL_POLICY, document, page
from sandbox.listener import TakenPortError
from sandbox.mail_links import links_of
from sandbox.mail_page import linked, mail_of
from sandbox.modes import Mode
from sandbox.one_click import meaning, one_click_of, press
from sandbox.origin import own_pages_only
from sandbox.problems import problem
from sandbox.provider import Provider
from sandbox.settings import BadSettingsError, Settings, parse_settings
from sandbox.view import view

NUMBERS = {"error_rate": float, "latency_ms": int, "retry_after_s": int, "connections": int}


class Page:
    """The pages about these providers."""

    def __init__(self, providers: Mapping[str, Provider], base_url: str) -> None:
        self._providers = providers
        self._base_url = base_url

    def routes(self) -> list[web.AbstractRouteDef]:
        """What to add to the application."""
        return [
            web.get("/", self._show),
            web.get("/_page/state", self._state),
            web.post("/_page/mend", own_pages_only(self._mend)),
            web.post("/_page/{provider}/mode", own_pages_only(self._break)),
            web.post("/_page/{provider}/clear", own_pages_only(self._clear)),
            web.get(r"/_page/{provider}/mails/{n:\d{1,15}}", self._mail),
            web.get(r"/_page/{provider}/mails/{n:\d{1,15}}/html", self._mail_html),
            web.post(r"/_page/{provider}/mails/{n:\d{1,15}}/one-click", own_pages_only(self._one_click)),
            web.static("/_static", HERE / "static"),
        ]

    async def _show(self, _request: web.Request) -> web.StreamResponse:
        return self._rendered()

    async def _state(self, _request: web.Request) -> web.StreamResponse:
        views = [view(provider) for provider in self._providers.values()]
        return web.json_response({"providers": views}, headers={"Cache-Control": "no-store"})

    async def _mend(self, _request: web.Request) -> web.StreamResponse:
        for provider in self._providers.values():
            await provider.apply(Settings())
        raise web.HTTPSeeOther("/")

    async def _break(self, request: web.Request) -> web.StreamResponse:
        provider = self._provider(request)
        try:
            given = _given({name: str(value) for name, value in (await request.post()).items()})
            settings = parse_settings(given, provider.knobs)
            await provider.apply(settings)
        except BadSettingsError as error:
            return self._rendered(status=422, complaint=f"{provider.title}: {error}")
        except TakenPortError as error:
            return self._rendered(status=503, complaint=f"{provider.title} cannot listen again: {error}")
        raise web.HTTPSeeOther(f"/#{provider.name}")

    async def _clear(self, request: web.Request) -> web.StreamResponse:
        provider = self._provider(request)
        provider.clear()
        raise web.HTTPSeeOther(f"/#{provider.name}")

    async def _mail(self, request: web.Request) -> web.StreamResponse:
        provider = self._provider(request)
        mail = mail_of(provider, int(request.match_info["n"]))
        if mail is None:
            return problem(404, "This mail was cleared, or is too old.")
        return page(
            "mail.html",
            provider=provider,
            mail=mail,
            text=linked(str(mail["text"] or "")),
            links=links_of(mail),
            one_click=one_click_of(mail, self._base_url),
            answered=meaning(request.query.get("answered", "")),
        )

    async def _one_click(self, request: web.Request) -> web.StreamResponse:
        provider, n = self._provider(request), int(request.match_info["n"])
        mail = mail_of(provider, n)
        offered = None if mail is None else one_click_of(mail, self._base_url)
        if offered is None or offered.trouble:
            return problem(409, offered.trouble if offered else "This mail offers no way to leave, or was cleared.")
        raise web.HTTPSeeOther(f"/_page/{provider.name}/mails/{n}?answered={await press(offered.url) or 'nobody'}")

    async def _mail_html(self, request: web.Request) -> web.StreamResponse:
        mail = mail_of(self._provider(request), int(request.match_info["n"]))
        if mail is None or mail["html"] is None:
            return problem(404, "This mail has no HTML part, or was cleared.")
        return document('<base target="_blank">' + str(mail["html"]), MAIL_POLICY)

    def _rendered(self, *, status: int = 200, complaint: str = "") -> web.Response:
        shown = [(provider, view(provider)) for provider in self._providers.values()]
        return page(
            "page.html",
            status=status,
            shown=shown,
            modes=list(Mode),
            bulk_answers=list(BulkAnswer),
            complaint=complaint,
        )

    def _provider(self, request: web.Request) -> Provider:
        try:
            return self._providers[request.match_info["provider"]]
        except KeyError:
            raise web.HTTPNotFound(text="There is no such provider here.") from None


def _given(form: Mapping[str, str]) -> dict[str, object]:
    """The form as the control interface would be given it: empty fields left out, numbers as numbers."""
    given: dict[str, object] = {}
    for field, text in form.items():
        if text.strip():
            given[field] = _number(field, text.strip())
    return given


def _number(field: str, text: str) -> object:
    try:
        return NUMBERS[field](text) if field in NUMBERS else text
    except ValueError:
        return text  # for parse_settings to refuse by name
