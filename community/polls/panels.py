"""What a thread's page shows of its poll."""

from flask import get_template_attribute

from community.polls.queries import of_thread, standing_of


def on_thread(thread, actor):
    """The poll of a thread below its opening post, as HTML: one statement for a stranger, two
    for a member.
    """
    poll = of_thread([thread.id]).get(thread.id)
    if poll is None:
        return None
    return get_template_attribute("polls/_poll.html", "panel")(standing_of(actor, poll), thread)
