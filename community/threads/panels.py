"""What other pages show of threads."""

from flask import get_template_attribute

from community.kernel.text import excerpt
from community.threads import lists, queries


def on_profile(member, actor):
    """What a member wrote that the actor may read, for the profile page, as HTML."""
    threads = lists.threads_by(actor, member)
    posts = [(post, excerpt(post.body)) for post in queries.posts_by(actor, member)]
    return get_template_attribute("threads/_profile.html", "panel")(threads, posts)
