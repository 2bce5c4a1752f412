"""The blueprints of the room, and the place that a request asks for."""

from flask import current_app, request

from portal.web.page import page_blueprint, plain_blueprint

blueprint = page_blueprint("footprint", "portal.footprint.views")
scripts = plain_blueprint("footprint_scripts", "portal.footprint.views")


def region_asked() -> str:
    """The administrative code in the request, else the city's own."""
    return str(request.values.get("region") or current_app.config["PORTAL"].city_code)
