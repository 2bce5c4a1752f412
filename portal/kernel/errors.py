"""What can go wrong, as values: a message id with its parameters, knowing no language and no HTTP."""

from typing import ClassVar


def N_(message: str) -> str:
    """Mark a message for extraction; the web layer translates it when it is shown."""
    return message


class PortalError(Exception):
    """Something a person can be told. Each room derives its own, named after what happened.

    ``message`` is a gettext id whose ``%(name)s`` places are filled from ``params``.
    Parameters may be kernel values (``Mass``, ``Money``, datetimes): they are formatted in the
    reader's language, and the API gives them as integers.
    """

    message: ClassVar[str] = N_("Something went wrong.")

    def __init__(self, **params: object) -> None:
        super().__init__(self.message)
        self.params = params

    def __str__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in self.params.items())})"


class InvalidInput(PortalError):
    """What was sent cannot be understood or is out of range (422)."""

    message = N_("Please check what you entered.")


class NotAllowed(PortalError):
    """The actor may not do this (403)."""

    message = N_("You are not allowed to do this.")


class NotFound(PortalError):
    """There is no such thing, or none that this actor may know of (404)."""

    message = N_("We could not find what you asked for.")


class Refused(PortalError):
    """A rule of the portal says no (409)."""

    message = N_("This is not possible now.")


class Unavailable(PortalError):
    """An outside service did not answer; it is safe to try again (503)."""

    message = N_("A service we depend on does not answer. Please try again in a few minutes.")
