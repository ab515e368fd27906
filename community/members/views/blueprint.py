"""The blueprint that all views of members register with."""

from flask import Blueprint

blueprint = Blueprint("members", __name__)
