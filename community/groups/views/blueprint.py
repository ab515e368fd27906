"""The blueprint that all views of groups register with."""

from flask import Blueprint

blueprint = Blueprint("groups", __name__)
