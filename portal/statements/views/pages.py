"""The room's blueprints and what its pages share."""

from werkzeug.wrappers import Response

from portal.web.page import page_blueprint, plain_blueprint

blueprint = page_blueprint("statements", __name__)
links = plain_blueprint("statement_links", __name__)

Answer = str | Response | tuple[str, int]
