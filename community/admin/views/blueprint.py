"""The blueprint that all views of the back office register with."""

from flask import Blueprint, request

from community.admin import pages
from community.kernel import web
from community.kernel.policy import require
from community.permissions import Can

blueprint = Blueprint("admin", __name__, url_prefix="/admin")


@blueprint.before_request
def _staff_only():
    require(web.actor(), Can.ENTER_BACK_OFFICE)


@blueprint.app_context_processor
def _menu():
    """Of every page of the back office, whichever feature shows it."""
    if not request.path.startswith(f"{blueprint.url_prefix}/"):
        return {}
    return {"admin_menu": pages.menu(web.actor())}
