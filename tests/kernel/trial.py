"""Views made for the tests: they do one thing each, so that the edge around them is seen."""

import threading

from flask import Blueprint, request
from sqlalchemy import select
from wtforms import StringField

from community.kernel import web
from community.kernel.db import db
from community.kernel.errors import Conflict, Forbidden, Gone, Invalid, Missing, TooMany
from community.threads.models import Category

REFUSALS = {
    "forbidden": Forbidden("This is not yours."),
    "missing": Missing("There is no such thing."),
    "gone": Gone("It was removed."),
    "conflict": Conflict("Someone has it."),
    "invalid": Invalid("That cannot be right."),
    "too-many": TooMany("Too many at once.", retry_after=7),
}

blueprint = Blueprint("trial", __name__, url_prefix="/trial")


class NameForm(web.Form):
    name = StringField()


@blueprint.get("/page")
def page():
    """A page that asks who is there."""
    return f"<p>{web.actor().name if web.actor().is_authenticated else 'a stranger'}</p>"


@blueprint.post("/write/<int:status>")
def write(status):
    """Add a category, and answer with a status."""
    db.session.add(Category(slug=request.form["slug"], name="New"))
    return "written", status


@blueprint.get("/write")
def write_on_get():
    """What no GET may do: it is there for the test that must find it."""
    db.session.add(Category(slug="by-get", name="New"))
    return "written"


@blueprint.post("/count")
def count():
    """Read a number, add one, write it back."""
    category = db.session.scalars(select(Category).where(Category.slug == "general")).one()
    category.position += 1
    return "counted"


@blueprint.post("/race/<where>")
def race(where):
    """Lose a race for a unique row, in the view or at the commit."""
    db.session.add(Category(slug="general", name="Taken already"))
    if where == "view":
        db.session.flush()
    return web.done("/trial/page", "You won.")


@blueprint.route("/refuse/<kind>", methods=["GET", "POST"])
def refuse(kind):
    """Change something, then refuse."""
    db.session.add(Category(slug="refused", name="New"))
    db.session.flush()
    raise REFUSALS[kind]


@blueprint.route("/break", methods=["GET", "POST"])
def break_down():
    """Change something, then break."""
    db.session.add(Category(slug="broken", name="New"))
    db.session.flush()
    raise RuntimeError("a bug")


@blueprint.post("/limited")
@web.limited("trial", per_member="2/minute", per_network="4/minute")
def limited():
    """Something one may do only so often."""
    return "done"


@blueprint.post("/vote")
def vote():
    """Answer script with a fragment and anyone else with a redirect."""
    return web.answer("/trial/page", "layout/_toasts.html", message="Merci, noté à 12 h ✓")


class Blocked:
    """A view that waits until it may go on, with the database in its hands."""

    def __init__(self):
        self.here, self.go_on = threading.Event(), threading.Event()

    def __call__(self):
        db.session.scalars(select(Category)).all()
        self.here.set()
        self.go_on.wait(10)
        return "went on"
