"""What the page of a question shows of readers whom no answer helped yet."""

from flask import get_template_attribute

from community.kernel.policy import can
from community.permissions import Can
from community.qa import solving


def shown(thread, actor) -> dict:
    """What `qa/_help.html` shows: no statement for a visitor, one for a member."""
    mine = solving.mine(actor, thread) if actor.is_authenticated else solving.Mine()
    return {
        "thread": thread,
        "mine": mine,
        "may_say_same": can(actor, Can.SAY_SAME_HERE, thread),
        "may_rate": can(actor, Can.RATE_SOLUTION, thread) and solving.is_asked(thread),
        "may_pass_on": can(actor, Can.PASS_TO_SUPPORT, thread) and mine.referral is None,
        "is_visitor": not actor.is_authenticated,
    }


def on_question(thread, actor, _posts):
    """Same here, did this solve it, and what was passed to support, as HTML."""
    return get_template_attribute("qa/_help.html", "panel")(**shown(thread, actor))
