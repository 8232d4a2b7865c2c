"""What is wrong with something somebody typed: an English sentence that can still be said in another language.

Separate because a rule knows neither who reads its sentence nor in which language. It must never hold more of what was
typed than the sentence repeats.
"""

from jobs.translation import Translation


class Complaint(ValueError):  # noqa: N818  # it is the sentence itself, and pydantic wants a ValueError
    """Refused. `text` may have placeholders for `values`.

    `otherwise` is a plainer sentence for languages that `text` was not translated to, as where a library wrote it.
    """

    def __init__(self, text: str, *, otherwise: str | None = None, **values: object) -> None:
        super().__init__(text.format_map(values) if values else text)
        self._text = text
        self._otherwise = otherwise
        self._values = values

    def said_in(self, translation: Translation) -> str:
        """The sentence in that language."""
        text = translation.gettext(self._text)
        if text == self._text and self._otherwise is not None:
            other = translation.gettext(self._otherwise)
            text = text if other == self._otherwise else other  # no catalogue at all: what the library says is better
        return text.format_map(self._values) if self._values else text
