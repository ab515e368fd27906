"""Finding over HTTP: the page of results, suggestions while typing, similar threads."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from flask import Blueprint, request, url_for

from community.brands.queries import the_brand
from community.kernel import web
from community.kernel.errors import Missing
from community.kernel.i18n import _, ngettext, zone
from community.members.queries import by_username
from community.search import queries, service
from community.search.documents import text_of
from community.search.queries import Filters
from community.search.questions import Broken
from community.threads.models import Kind
from community.threads.queries import category_tree
from community.threads.reach import category_or_missing, thread_or_missing

blueprint = Blueprint("search", __name__)

NARROWING = ("category", "tag", "author", "solved", "since", "until")
KINDS = (Kind.DISCUSSION, Kind.QUESTION)


@dataclass
class Asked:
    """What the address asks for: as it was typed, what it means, and what is wrong with it."""

    typed: dict[str, str]
    filters: Filters = field(default_factory=Filters)
    errors: dict[str, str] = field(default_factory=dict)

    def address(self, **changes) -> str:
        """The same search with something changed; None leaves it out."""
        asked = {"q": query(), "kind": request.args.get("kind"), **self.typed, **changes}
        return url_for("search.results", **{name: value for name, value in asked.items() if value})


def query() -> str:
    """What is looked for, in one line."""
    return " ".join(request.args.get("q", "").split())[: queries.LONGEST]


@blueprint.get("/search")
def results():
    """The threads that answer, with ways to narrow them; why there are none, and what to do."""
    actor, asked_for, text = web.actor(), _asked(), query()
    number = request.args.get("page", 1, type=int)
    found, is_away, better, close = queries.NOTHING, False, None, ()
    try:
        if text and not asked_for.errors:
            found = queries.results(actor, text, asked_for.filters, number)
            if not found.total and not asked_for.filters.narrow:
                better = queries.corrected(actor, text)
                close = queries.similar(actor, text)
    except Broken:
        is_away = True
    return web.page(
        "search/results.html",
        status=422 if asked_for.errors else 200,
        text=text,
        asked=asked_for,
        found=found,
        is_away=is_away,
        better=better,
        close=close,
        kinds=_kinds(asked_for, found),
        tree=category_tree(actor),
    )


def _asked() -> Asked:
    typed = {name: request.args.get(name, "").strip() for name in (*NARROWING, "sort")}
    asked_for = Asked(typed)
    errors, narrowed = asked_for.errors, {}
    if typed["category"]:
        try:
            narrowed["category"] = category_or_missing(web.actor(), typed["category"])
        except Missing as missing:
            errors["category"] = str(missing)
    if typed["author"]:
        narrowed["author"], _former = by_username(typed["author"].removeprefix("@"))
        if narrowed["author"] is None or narrowed["author"].is_erased:
            errors["author"] = _("There is no member of this name.")
    for name in ("since", "until"):
        if typed[name]:
            try:
                # The last day itself is meant, too.
                narrowed[name] = _midnight(typed[name], later=name == "until")
            except (ValueError, OverflowError):
                errors[name] = _("Write the date as year, month and day: 2026-01-31.")
    kind = request.args.get("kind")
    asked_for.filters = Filters(
        **narrowed,
        tag=typed["tag"].lower().lstrip("#").replace(" ", "-"),
        kind=Kind(kind) if kind in KINDS else None,
        is_solved=True if typed["solved"] else None,
        newest_first=typed["sort"] == "date",
    )
    return asked_for


def _midnight(day: str, *, later: bool = False) -> datetime:
    """The first moment of a day where the brand is, or of the next."""
    here = zone(the_brand().time_zone)
    first = datetime.combine(date.fromisoformat(day), datetime.min.time())
    return (first + timedelta(days=later)).replace(tzinfo=here)


def _kinds(asked_for: Asked, found: queries.Found):
    """(label, address, is current, how many) for everything and for each kind that is there."""
    labels = {Kind.DISCUSSION: _("Discussions"), Kind.QUESTION: _("Questions")}
    chosen = asked_for.filters.kind
    everything = (_("Everything"), asked_for.address(kind=None), chosen is None)
    chips = [(*everything, sum(found.kinds.values()))]
    for kind in KINDS:
        if kind in found.kinds:
            url = asked_for.address(kind=kind.value)
            chips.append((labels[kind], url, chosen is kind, found.kinds[kind]))
    return chips if len(chips) > 2 or chosen else []


@blueprint.get("/search/suggest")
def suggest():
    """Threads whose title begins as what is being typed, for the list under a search box."""
    text = query()
    try:
        threads = queries.suggest(web.actor(), text)
    except Broken:
        threads = ()
    suggestions = [(thread, queries.marked_beginning(thread.title, text)) for thread in threads]
    return web.page("search/_suggestions.html", text=text, suggestions=suggestions)


@blueprint.get("/search/similar")
def similar():
    """Threads like a title that is being typed, to be read before one more is started."""
    try:
        threads = queries.similar(web.actor(), request.args.get("title", ""))
    except Broken:
        threads = ()
    return web.page("search/_similar.html", threads=threads)


@blueprint.post("/search/answered/<int:thread_id>")
@web.limited("similar", per_member="60/hour", per_network="120/hour")
def answered(thread_id: int):
    """Somebody who was writing found the answer: on to it."""
    thread = thread_or_missing(web.actor(), thread_id)
    service.say_answered(web.actor(), thread)
    return web.done(url_for("threads.show", thread_id=thread.id, slug=thread.slug))


@blueprint.post("/search/missed")
@web.limited("missed", per_member="30/hour", per_network="60/hour")
def missed():
    """Sent by script from a page without results, so that robots and reloads do not count.

    It is asked again whether there is nothing, as anybody may send this.
    """
    text = " ".join(request.form.get("q", "").split())[: queries.LONGEST]
    try:
        if text and not queries.results(web.actor(), text).total:
            service.note_miss(text)
    except Broken:
        pass
    return "", 204


@blueprint.app_template_filter("search_text")
def search_text(html) -> str:
    """A post's words in one line."""
    return text_of(html)


def count_of(found: queries.Found) -> str:
    """How many there are, in words."""
    if found.is_more:
        return _("More than %(num)d threads", num=found.total)
    return ngettext("%(num)d thread", "%(num)d threads", found.total)


blueprint.add_app_template_global(count_of, "search_count")
