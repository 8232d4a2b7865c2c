"""`/api/v1/openapi.json` and `/api/v1/docs`: the description, for programs and for people.

Separate from what it says. The page is Swagger UI, served from here out of the package that brings it: a person who
tries the API out must not have to tell a content network so.
"""

import json
from importlib.util import find_spec
from pathlib import Path

from flask import Blueprint, Response, current_app, make_response, render_template

from webapp.api.validator import unless_known
from webapp.docs.document import document
from webapp.fixture import Fixture

# Put together when it is first asked for, and the same from then on.
_TEXT = Fixture("usher.openapi", str, lambda: json.dumps(document(current_app.url_map)))

blueprint = Blueprint("api_docs", __name__, url_prefix="/api/v1", template_folder="templates")


@blueprint.get("/openapi.json")
def describe() -> Response:
    """200, or 304 where the caller has it already."""
    return unless_known(_TEXT.at_hand(), {})


@blueprint.get("/docs")
def show() -> Response:
    """The page to try it on."""
    return make_response(render_template("docs.html"))


def _swagger_ui() -> Path:
    """Where the package keeps them. It is not imported: it would bring a framework along."""
    spec = find_spec("flask_openapi3_swagger")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "templates" / "swagger"


# Under /static, because they are the same for everybody.
files = Blueprint("docs_files", __name__, static_folder="static", static_url_path="/static/docs")
swagger_ui = Blueprint("swagger_ui", __name__, static_folder=_swagger_ui(), static_url_path="/static/swagger-ui")

BLUEPRINTS = (blueprint, files, swagger_ui)
