"""Where WSGI servers and the flask command find the portal; nothing more."""

from portal import create_app

__all__ = ["create_app"]
