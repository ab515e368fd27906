"""Tags: how often each is used, what it is called, what else means it."""

import math

from flask import request, url_for
from sqlalchemy import select

from community.admin.forms import TagForm, UnionForm
from community.admin.views.blueprint import blueprint
from community.kernel import web
from community.kernel.db import db
from community.kernel.errors import Conflict, Invalid, Missing
from community.kernel.i18n import _, ngettext
from community.kernel.policy import require
from community.kernel.text import slugify
from community.permissions import Can
from community.threads import vocabulary
from community.threads.models import Tag
from community.threads.vocabulary import Word

PER_PAGE = 50


@blueprint.get("/tags")
def tags():
    """The tags there are; `?q=` keeps those that begin so, `?sort=name` goes by the alphabet."""
    require(web.actor(), Can.EDIT_TAGS)
    beginning, by_use = request.args.get("q", ""), request.args.get("sort") != "name"
    pages = max(1, math.ceil(vocabulary.count_words(beginning) / PER_PAGE))
    number = request.args.get("page", 1, type=int)
    if not 1 <= number <= pages:
        raise Missing(_("There is no such page."))
    words = vocabulary.words(
        beginning=beginning, by_use=by_use, offset=(number - 1) * PER_PAGE, limit=PER_PAGE
    )
    return web.page(
        "admin/tags.html",
        words=words,
        beginning=beginning,
        by_use=by_use,
        number=number,
        pages=pages,
    )


@blueprint.route("/tags/<int:tag_id>", methods=["GET", "POST"])
def tag(tag_id: int):
    """Rename one, and say what else means it."""
    actor = web.actor()
    require(actor, Can.EDIT_TAGS)
    word = vocabulary.word(vocabulary.tag_or_missing(tag_id))
    form = TagForm(data={"slug": word.tag.slug, "synonyms": ", ".join(word.synonyms)})
    if form.validate_on_submit():
        try:
            _change(actor, word.tag, form)
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            return web.done(url_for(".tags"), _("The tag is now %(tag)s.", tag=word.tag.slug))
    return _tag_page(word, form, UnionForm(formdata=None))


def _tag_page(word: Word, form: TagForm, union: UnionForm):
    status = 422 if form.errors or union.errors else 200
    return web.page("admin/tag.html", status=status, form=form, word=word, union=union)


def _change(actor, tag_: Tag, form: TagForm) -> None:
    """The other words first: one of them may become the name."""
    others = (form.synonyms.data or "").replace("\n", ",").split(",")
    vocabulary.set_synonyms(actor, tag_, others)
    vocabulary.rename(actor, tag_, form.slug.data)


@blueprint.post("/tags/<int:tag_id>/merge")
def unite_tags(tag_id: int):
    """Make one tag part of another, which is named by its word."""
    actor = web.actor()
    require(actor, Can.EDIT_TAGS)
    word, union = vocabulary.word(vocabulary.tag_or_missing(tag_id)), UnionForm()
    if union.validate_on_submit():
        into = db.session.scalar(select(Tag).where(Tag.slug == slugify(union.into.data)))
        if into is None:
            union.refuse(Invalid(_("There is no tag of this name."), field="into"))
        else:
            try:
                return _united(word, into, vocabulary.unite(actor, word.tag, into))
            except Conflict as refusal:
                union.refuse(Invalid(str(refusal), field="into"))
    form = TagForm(
        formdata=None, data={"slug": word.tag.slug, "synonyms": ", ".join(word.synonyms)}
    )
    return _tag_page(word, form, union)


def _united(word: Word, into: Tag, threads: int):
    message = ngettext(
        "%(num)d discussion now has the tag %(tag)s.",
        "%(num)d discussions now have the tag %(tag)s.",
        threads,
        tag=into.slug,
    )
    return web.done(url_for(".tag", tag_id=into.id), message)


@blueprint.post("/tags/<int:tag_id>/remove")
def remove_tag(tag_id: int):
    found = vocabulary.tag_or_missing(tag_id)
    slug = found.slug
    vocabulary.remove_tag(web.actor(), found)
    return web.done(url_for(".tags"), _("The tag %(tag)s is removed.", tag=slug))
