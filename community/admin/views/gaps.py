"""What people look for and do not find, and what spared a question."""

from community.admin.views.blueprint import blueprint
from community.kernel import web
from community.kernel.policy import require
from community.permissions import Can
from community.search import queries

DAYS = 90


@blueprint.get("/gaps")
def gaps():
    """What was looked for in vain most often in three months."""
    require(web.actor(), Can.ENTER_BACK_OFFICE)
    return web.page(
        "admin/gaps.html",
        gaps=queries.gaps(DAYS),
        days=DAYS,
        spared=queries.questions_spared(DAYS),
    )
