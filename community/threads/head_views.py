"""A thread as search engines read it: schema.org in JSON-LD, and nothing the page does not show.

`DiscussionForumPosting` as Google documents it: the opening post with the comments of this page;
further pages repeat the opening post with the address of the first. A question that has answers is
a `QAPage` instead: only what was accepted or certified is an `acceptedAnswer`. No statement:
everything is made of what the page has loaded.
"""

import html
import re
from dataclasses import dataclass

from flask import request, url_for

from community.kernel.i18n import _
from community.media.views import picture
from community.threads.indexing import is_public, is_substantial
from community.threads.kinds import Kind
from community.threads.models import Post, Thread
from community.threads.queries import Page

_PICTURE_WIDTH = 1600
_TAG = re.compile(r"<[^>]+>")
_CONTEXT = "https://schema.org"


@dataclass(frozen=True)
class Head:
    """What the head of a thread's page says: whether it may be listed, shared, and as what."""

    is_public: bool
    is_indexed: bool
    data: list[dict] | None


def head_of(actor, thread: Thread, posts: Page, *, is_by_age: bool) -> Head:
    """What is said of a page of a thread. Who is signed in is nobody's crawler: no data then."""
    opens = is_public(thread)
    says = opens and is_by_age and not actor.is_authenticated
    return Head(
        is_public=opens,
        is_indexed=opens and is_by_age and is_substantial(thread),
        data=data_of(thread, posts) if says else None,
    )


def data_of(thread: Thread, posts: Page) -> list[dict]:
    """The data of a page of a public thread, whose posts are in the order of their numbers."""
    trail = _trail(thread)
    name, address = trail[-1]
    is_answered = thread.kind is Kind.QUESTION and thread.posts_count > 1 and posts.number == 1
    posting = _question(thread, posts) if is_answered else _posting(thread, posts)
    posting["isPartOf"] = {"@type": "CollectionPage", "name": name, "url": address}
    steps = [
        {"@type": "ListItem", "position": position, "name": name, "item": address}
        for position, (name, address) in enumerate(trail, 1)
    ]
    way = {"@type": "BreadcrumbList", "itemListElement": steps}
    return [{"@context": _CONTEXT} | posting, {"@context": _CONTEXT} | way]


def _posting(thread: Thread, posts: Page) -> dict:
    shown = [post for post in posts.items if post.is_visible]
    first = url_for("threads.show", thread_id=thread.id, slug=thread.slug, _external=True)
    here = first if posts.number == 1 else f"{first}?page={posts.number}"
    profiles = url_for("members.profile", username="-", _external=True)[:-1]
    opening = next((post for post in shown if post.is_opening), None)
    posting = {
        "@type": "DiscussionForumPosting",
        "@id": first,
        "url": first,
        "headline": thread.title,
        "author": _person(thread.author, profiles),
        "datePublished": _moment(thread.created_at),
        "commentCount": thread.posts_count - 1,
        "interactionStatistic": _counts(thread, opening),
        "text": _words(opening) if opening else thread.excerpt,
        "comment": [_comment(post, here, profiles) for post in shown if not post.is_opening],
    }
    if opening and opening.edited_at:
        posting["dateModified"] = _moment(opening.edited_at)
    if opening and thread.picture:
        shown_at = picture(thread.picture, _PICTURE_WIDTH)
        posting["image"] = request.host_url[:-1] + shown_at if shown_at[0] == "/" else shown_at
    if thread.tag_slugs:
        posting["keywords"] = thread.tag_slugs
    return posting


def _question(thread: Thread, posts: Page) -> dict:
    """A question with its answers; each is an accepted or a suggested one."""
    of_posts = _posting(thread, posts)
    marked = {post.number for post in posts.items if post.is_accepted or post.is_certified}
    answers: dict[str, list[dict]] = {"acceptedAnswer": [], "suggestedAnswer": []}
    for comment in of_posts.pop("comment"):
        number = int(comment["url"].rpartition("-")[2])
        comment["@type"] = "Answer"
        comment.setdefault("upvoteCount", 0)
        answers["acceptedAnswer" if number in marked else "suggestedAnswer"].append(comment)
    question = of_posts | {"@type": "Question", "name": thread.title}
    question["answerCount"] = question.pop("commentCount")
    question |= {name: found for name, found in answers.items() if found}
    return {"@type": "QAPage", "mainEntity": question}


def _comment(post: Post, page: str, profiles: str) -> dict:
    comment = {
        "@type": "Comment",
        "url": f"{page}#post-{post.number}",
        "author": _person(post.author, profiles),
        "datePublished": _moment(post.created_at),
        "text": _words(post),
    }
    if post.edited_at:
        comment["dateModified"] = _moment(post.edited_at)
    if post.helpful_count:
        comment["upvoteCount"] = post.helpful_count
        comment["interactionStatistic"] = _counter("LikeAction", post.helpful_count)
    return comment


def _counts(thread: Thread, opening: Post | None) -> list[dict]:
    counts = [_counter("CommentAction", thread.posts_count - 1)]
    if thread.views_count:
        counts.append(_counter("ViewAction", thread.views_count))
    if opening and opening.helpful_count:
        counts.append(_counter("LikeAction", opening.helpful_count))
    return counts


def _counter(action: str, count: int) -> dict:
    return {
        "@type": "InteractionCounter",
        "interactionType": f"{_CONTEXT}/{action}",
        "userInteractionCount": count,
    }


def _person(member, profiles: str) -> dict:
    person = {"@type": "Person", "name": member.name}
    if member.is_profile_public and not member.is_erased:
        person["url"] = profiles + member.username
    return person


def _words(post: Post) -> str:
    """The text of a post: what its HTML shows, which ends every block with a line."""
    text = _TAG.sub("", str(post.html)).strip()
    return html.unescape(text) if "&" in text else text


def _moment(at) -> str:
    return at.isoformat(timespec="seconds")


def _trail(thread: Thread) -> list[tuple[str, str]]:
    """The way to the thread, as it stands at the top of the page: (name, address)."""
    category = thread.category
    places = [(_("Home"), url_for("threads.home", _external=True))]
    for one in [category.parent, category] if category.parent else [category]:
        places.append((one.name, url_for("threads.category", slug=one.slug, _external=True)))
    return places
