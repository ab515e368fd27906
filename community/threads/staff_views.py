"""Staff's tools for threads over HTTP: choose, look at what would happen, do it, take it back.

Every tool is one page. Sent with `do`, it acts on what its preview showed; sent otherwise, it
shows the preview.
"""

from collections.abc import Callable

from flask import Blueprint, request, url_for

from community.kernel import web
from community.kernel.errors import Conflict, Invalid, Missing
from community.kernel.i18n import _, ngettext
from community.kernel.policy import require
from community.permissions import Can
from community.threads import (
    bulk,
    concerned,
    merging,
    moves,
    queries,
    reach,
    splitting,
    staff_acts,
    undoing,
)
from community.threads import slow as slowing
from community.threads.changing import Plan
from community.threads.forms import tags_of
from community.threads.merging import Keep, MergePlan
from community.threads.models import Kind, Thread
from community.threads.service import checked_title
from community.threads.splitting import SplitPlan
from community.threads.staff_acts import AT_MOST, StaffAct
from community.threads.staff_forms import (
    NEW,
    OTHER,
    ActForm,
    KindForm,
    LockForm,
    MergeForm,
    MoveForm,
    SlowForm,
    SplitForm,
    TagsForm,
    thread_id_of,
)

blueprint = Blueprint("staff", __name__)

AnyPlan = Plan | MergePlan | SplitPlan
TOOLS_PER_MEMBER = "60/minute"


def _chosen() -> list[Thread]:
    """The threads named in the request, each once; Missing for one there is not."""
    ids = dict.fromkeys(request.values.getlist("thread", type=int))
    if not ids:
        raise Missing(_("No thread was chosen. Go back and choose some."))
    if len(ids) > AT_MOST:
        raise Missing(_("Choose %(limit)s threads at most.", limit=AT_MOST))
    return [reach.thread_or_missing(web.actor(), id_) for id_ in ids]


def _tool(
    template: str,
    form: ActForm,
    plan: Callable[[], AnyPlan],
    act: Callable[[], StaffAct],
    done: Callable[[StaffAct], tuple[str, str]],
    **context,
):
    """The page of a tool: its form, then with the preview, then done and on to `done`."""
    shown, newer = None, None
    if form.validate_on_submit():
        try:
            if "do" in request.form:
                return web.done(*done(act()))
        except Invalid as refusal:
            form.refuse(refusal)
        except Conflict as conflict:
            newer = str(conflict)
        try:
            shown = plan()
        except Invalid as refusal:
            form.refuse(refusal) if not form.errors else None
        except Conflict as conflict:
            newer = newer or str(conflict)
        if shown:
            form.seen.data = shown.version
    status = 409 if newer else 422 if form.errors else 200
    people = shown and concerned.people(shown.told, 8)
    return web.page(
        template, status=status, form=form, plan=shown, newer=newer, people=people, **context
    )


def _told_of(act: StaffAct, words: str) -> str:
    return f"{words} {_('You can undo it for a week.')}" if act.is_undoable else words


def _address_of(thread: Thread, **values) -> str:
    return url_for("threads.show", thread_id=thread.id, slug=thread.slug, **values)


def _back(threads: list[Thread]) -> str:
    """Where to go on after an act: the thread, or the category of the first of several."""
    if len(threads) == 1:
        return _address_of(threads[0])
    return url_for("threads.category", slug=threads[0].category.slug)


# -- The tools -------------------------------------------------------------


@blueprint.route("/staff/move", methods=["GET", "POST"])
@web.limited("staff-tools", per_member=TOOLS_PER_MEMBER)
def move():
    """Threads to another category."""
    actor = web.actor()
    require(actor, Can.TIDY_THREADS)
    threads, form = _chosen(), MoveForm()
    form.offer(queries.category_tree(actor))

    def category():
        return reach.category_or_missing(actor, form.category.data)

    def done(act):
        count = len(act.threads)
        words = ngettext("The thread is moved.", "%(num)d threads are moved.", count)
        return _back(threads), _told_of(act, words)

    return _tool(
        "threads/move.html",
        form,
        lambda: moves.plan_move(actor, threads, category()),
        lambda: moves.move(
            actor,
            threads,
            category(),
            accept_readers=form.accept_readers.data,
            **_usual(form),
        ),
        done,
        threads=threads,
    )


def _usual(form: ActForm) -> dict:
    return {
        "reason": form.reason.data or "",
        "notify": form.notify.data,
        "seen": form.seen.data or None,
    }


@blueprint.route("/staff/kind", methods=["GET", "POST"])
@web.limited("staff-tools", per_member=TOOLS_PER_MEMBER)
def turn():
    """Discussions into questions, and back."""
    actor = web.actor()
    require(actor, Can.TIDY_THREADS)
    threads, form = _chosen(), KindForm()

    def done(act):
        words = ngettext("It is changed.", "%(num)d threads are changed.", len(act.threads))
        return _back(threads), _told_of(act, words)

    return _tool(
        "threads/turn.html",
        form,
        lambda: moves.plan_kind(actor, threads, Kind(form.kind.data)),
        lambda: moves.set_kind(actor, threads, Kind(form.kind.data), **_usual(form)),
        done,
        threads=threads,
    )


@blueprint.route("/staff/tags", methods=["GET", "POST"])
@web.limited("staff-tools", per_member=TOOLS_PER_MEMBER)
def retag():
    """Tags given to threads and taken from them."""
    actor = web.actor()
    require(actor, Can.TIDY_THREADS)
    threads, form = _chosen(), TagsForm()

    def words():
        return {"add": tags_of(form.add.data), "remove": tags_of(form.remove.data)}

    def done(act):
        said = ngettext(
            "The tags are changed.", "The tags of %(num)d threads are changed.", len(act.threads)
        )
        return _back(threads), _told_of(act, said)

    return _tool(
        "threads/retag.html",
        form,
        lambda: bulk.plan_tags(actor, threads, **words()),
        lambda: bulk.retag(actor, threads, **words(), **_usual(form)),
        done,
        threads=threads,
    )


@blueprint.route("/staff/close", methods=["GET", "POST"])
@web.limited("staff-tools", per_member=TOOLS_PER_MEMBER)
def close():
    """Threads closed to replies, or opened again."""
    actor = web.actor()
    require(actor, Can.TIDY_THREADS)
    threads, form = _chosen(), LockForm()

    def is_locked():
        return form.is_locked.data == "yes"

    def done(act):
        words = ngettext("It is done.", "It is done to %(num)d threads.", len(act.threads))
        return _back(threads), _told_of(act, words)

    return _tool(
        "threads/close.html",
        form,
        lambda: bulk.plan_lock(actor, threads, is_locked=is_locked()),
        lambda: bulk.set_locked(actor, threads, is_locked=is_locked(), **_usual(form)),
        done,
        threads=threads,
    )


@blueprint.route("/staff/merge", methods=["GET", "POST"])
@web.limited("staff-tools", per_member=TOOLS_PER_MEMBER)
def merge():
    """Several threads into one."""
    actor = web.actor()
    require(actor, Can.TIDY_THREADS)
    threads, form = _chosen(), MergeForm()
    form.offer(threads)

    def sides():
        target = next((t for t in threads if str(t.id) == form.target.data), None)
        target = target or _named_thread(actor, form.other.data)
        return target, [thread for thread in threads if thread is not target]

    def done(act):
        [into] = [one for one in act.threads if one.part is staff_acts.Part.INTO]
        page = (into.number - 1) // queries.PER_PAGE + 1
        url = _address_of(into.thread, page=page if page > 1 else None, _anchor=f"act-{act.id}")
        return url, _told_of(act, _("They are one now."))

    return _tool(
        "threads/merge.html",
        form,
        lambda: merging.plan_merge(actor, *sides()),
        lambda: merging.merge(
            actor,
            *sides(),
            accepted=_keep(form),
            accept_readers=form.accept_readers.data,
            accept_rest=form.accept_rest.data,
            **_usual(form),
        ),
        done,
        threads=threads,
    )


def _named_thread(actor, address: str | None) -> Thread:
    """The thread of an address that was typed; Invalid when it leads to none."""
    id_ = thread_id_of(address)
    try:
        return reach.thread_or_missing(actor, id_ or 0)
    except Missing as missing:
        message = _("There is no thread at this address.")
        raise Invalid(message, field="other") from missing


def _keep(form) -> Keep | None:
    return Keep(form.accepted.data) if form.accepted.data else None


@blueprint.route("/staff/split", methods=["GET", "POST"])
@web.limited("staff-tools", per_member=TOOLS_PER_MEMBER)
def split():
    """Posts of a thread into a new one, or to another."""
    actor = web.actor()
    require(actor, Can.TIDY_THREADS)
    ids = list(dict.fromkeys(request.values.getlist("post", type=int)))
    if not ids:
        raise Missing(_("No post was chosen. Go back and choose some."))
    thread = reach.thread_or_missing(actor, reach.post_or_missing(actor, ids[0]).thread_id)
    form = SplitForm()
    form.offer(queries.category_tree(actor), thread)

    def category():
        return reach.category_or_missing(actor, form.category.data)

    def plan():
        if form.into.data == OTHER:
            return splitting.plan_split(
                actor, thread, ids, into=_named_thread(actor, form.other.data)
            )
        checked_title(form.title.data or "")
        return splitting.plan_split(actor, thread, ids, category=category())

    def act():
        usual = {"accept_readers": form.accept_readers.data, **_usual(form)}
        if form.into.data == OTHER:
            into = _named_thread(actor, form.other.data)
            return splitting.move_posts(actor, thread, ids, into, accepted=_keep(form), **usual)
        return splitting.split_off(
            actor,
            thread,
            ids,
            title=form.title.data or "",
            category=category(),
            tags=tags_of(form.tags.data),
            **usual,
        )

    def done(act):
        [into] = act.those(staff_acts.Part.INTO)
        return url_for("threads.locate", post_id=ids[0]), _told_of(
            act, _("The posts are in “%(title)s”.", title=into.title)
        )

    return _tool(
        "threads/split.html",
        form,
        plan,
        act,
        done,
        thread=thread,
        ids=ids,
        new=NEW,
        chosen=splitting.chosen_posts(thread, ids),
    )


@blueprint.route("/t/<int:thread_id>/slow", methods=["GET", "POST"])
@web.limited("staff-tools", per_member=TOOLS_PER_MEMBER)
def slow(thread_id):
    """Let members wait between two posts in a thread."""
    actor = web.actor()
    thread = reach.thread_or_missing(actor, thread_id)
    require(actor, Can.TIDY_THREAD, thread)
    form = SlowForm(seconds=thread.slow_seconds if thread.is_slow else 300)
    if form.validate_on_submit():
        try:
            act = slowing.slow_down(
                actor,
                thread,
                seconds=form.seconds.data,
                lasting=form.lasting.data,
                reason=form.reason.data or "",
            )
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            is_slow = act.after[str(thread.id)][0]
            words = _("The thread is in slow mode.") if is_slow else _("Nobody waits any more.")
            return web.done(_address_of(thread), _told_of(act, words))
    return web.form_page("threads/slow.html", form, thread=thread)


# -- What was done ---------------------------------------------------------


@blueprint.get("/admin/threads")
def admin_acts():
    """What staff did to threads, newest first, each with the way back."""
    require(web.actor(), Can.TIDY_THREADS)
    number = request.args.get("page", 1, type=int)
    acts, pages = staff_acts.log_page(number)
    return web.page("threads/admin_acts.html", acts=acts, number=number, pages=pages)


@blueprint.post("/admin/threads/<int:act_id>/undo")
@web.limited("staff-tools", per_member=TOOLS_PER_MEMBER)
def undo(act_id):
    """Take an act back."""
    require(web.actor(), Can.TIDY_THREADS)
    act = staff_acts.act_or_missing(act_id)
    undoing.undo(web.actor(), act)
    back = web.local_path(request.form.get("next"), url_for(".admin_acts"))
    return web.done(back, _("It is undone: everything is as it was."))
