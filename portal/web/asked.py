"""The request as Flask reads it, but for what is no address though it stands where one should."""

from urllib.parse import urlsplit

from flask import Request


class Asked(Request):
    @property
    def referrer(self) -> str | None:  # type: ignore[override]
        """The page it comes from, as far as the browser says; None for a text that no reader of URLs takes.

        The guard against posts from elsewhere reads host and port of it, and knows no other fault.
        """
        said = self.headers.get("Referer")
        try:
            urlsplit(said or "").port  # noqa: B018 - which is read only when it is asked for
        except ValueError:
            return None
        return said
