"""What the page of a question shows of its answers."""

from flask import get_template_attribute
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from community.kernel.db import db
from community.kernel.policy import can
from community.permissions import Can
from community.qa import certifying
from community.threads.models import Post


def on_question(thread, actor, posts):
    """The marked answer, first on the first page: as HTML, or None.

    One statement for a visitor where the answer stands on a later page, one for what the brand
    says of a certified one, and one more for a member.
    """
    if thread.answer_id is None or posts.number > 1:
        return None
    post = next((post for post in posts.items if post.id == thread.answer_id), None)
    if post is None:
        found = select(Post).where(Post.id == thread.answer_id).options(joinedload(Post.author))
        post = db.session.scalar(found)
    if post is None or not can(actor, Can.SEE_POST, post):
        return None
    certification = certifying.of_post(post) if post.is_certified else None
    may_doubt = may_lift = has_doubted = False
    if certification is not None:
        may_doubt = can(actor, Can.DOUBT_CERTIFICATION, certification)
        may_lift = can(actor, Can.LIFT_CERTIFICATION, certification)
        has_doubted = may_doubt and certifying.has_doubted(actor.id, certification)
    return get_template_attribute("qa/_answer.html", "first_answer")(
        post, thread, certification, has_doubted, may_doubt, may_lift
    )


def on_answers(thread, actor, posts):
    """For each reply on the page, by id, the buttons this reader has for marking it."""
    buttons = get_template_attribute("qa/_answer.html", "mark_buttons")
    shown = {}
    for post in posts.items:
        may_accept = can(actor, Can.ACCEPT_ANSWER, post)
        may_certify = not post.is_certified and can(actor, Can.CERTIFY_ANSWER, post)
        if may_accept or may_certify:
            shown[post.id] = buttons(post, may_accept, may_certify)
    return shown
