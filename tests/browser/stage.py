"""The demo community as it is after a while, served as its users serve it.

People have answered each other, mail has been sent, posts were edited, hidden and removed, a
member is suspended, another has not confirmed an address, and one delivery failed for good.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select

from community import create_app
from community.brands.hosts import hosts
from community.brands.queries import forget_hosts
from community.brands.service import update_brand
from community.events import PostAdded
from community.groups import service as groups
from community.kernel import bus
from community.kernel.db import db, now, writing
from community.kernel.tenancy import brand_scope
from community.members import links, notes, roles, second_factor
from community.members.factors import Passkey
from community.members.models import MailedLink, Member, Purpose
from community.members.service import add_member
from community.messages import people as confidants
from community.messages import reports
from community.messages import service as messages
from community.messages.models import Wrong
from community.notifications import post, unsubscribing
from community.polls import service as polls
from community.polls.models import Poll, Voting
from community.polls.rules import Rules
from community.qa import accepting, certifying, solving
from community.scoring import badges, follower
from community.scoring.standing_models import BadgeAward
from community.settings import load
from community.threads import (
    bookmarks,
    drafts,
    field_setup,
    queries,
    reading,
    removal,
    service,
    standing,
    vocabulary,
    votes,
)
from community.threads import private as publishing
from community.threads.bookmarks import Bookmark
from community.threads.models import Access, Category, Kind, Post, Tag, Thread
from tests import serving
from tests.browser.server import Server, id_of
from tests.conftest import who

PEOPLE = {
    "lune": {
        "member": "clemence.r",
        "friend": "awa.d",
        "expert": "ines.caradec",
        "moderator": "elodie.n",
        "owner": "helene.marchand",
        "suspended": "patricia.g",
        "unconfirmed": "odile.c",
    },
    "velora": {
        "member": "ingrid.h",
        "friend": "tom.okafor",
        "expert": "priya.raman",
        "moderator": "sam.ellery",
        "owner": "maeve.quinn",
        "suspended": "gwen.parry",
        "unconfirmed": "beth.lindqvist",
    },
}
WORDS = {
    "lune": {
        "group": "Testeuses",
        "field": "Quel produit ?",
        "order": "Numéro de commande",
        "title": "Rétinol et soleil d’hiver\u00a0: une pause de deux jours suffit-elle\u00a0?",
        "body": "Je pars **huit jours à la montagne** avec le Sérum Nuit.\n\n"
        "1. le soir, deux gouttes\n2. le matin, Brume SPF 50\n\n> Une pause, mais laquelle ?",
        "reply": "@{name} deux jours avant, deux jours après. Et la brume toutes les deux heures.",
        "thanks": "Merci, je note et je vous raconte.",
        "advert": "Flacons à moitié prix sur mon site, écrivez-moi.",
        "reason": "Publicité : les ventes entre membres n’ont pas leur place ici.",
        "question": "Le Sérum Nuit va-t-il avec une crème à la vitamine C ?",
        "answer": "Oui, l’un le soir et l’autre le matin. **Jamais ensemble** au début.",
        "waiting": "La Crème Velours voyage-t-elle en cabine ?",
        "detail": "Le pot fait 50 ml, le flacon 30.",
        "suspension": "Trois annonces de vente malgré deux rappels.",
    },
    "velora": {
        "group": "Test riders",
        "field": "Which bike?",
        "order": "Order number",
        "title": "Lights on a winter commute: does the dynamo cost you range?",
        "body": "I ride **14 km each way** on a City Step 3.\n\n"
        "1. lights on all day\n2. Tour mode\n\n> Is it worth a battery lamp instead?",
        "reply": "@{name} about one per cent of a full battery. Keep them on.",
        "thanks": "Thanks, I will try it for a week and report.",
        "advert": "Half price batteries on my site, write to me.",
        "reason": "Advertising: members do not sell to each other here.",
        "question": "Can I charge the battery below freezing?",
        "answer": "No: bring it inside first. **Below 0 °C** charging ages the cells.",
        "waiting": "Does the Cargo L fit a standard lift?",
        "detail": "The lift is 2.1 m deep.",
        "suspension": "Three adverts after two reminders.",
    },
}


@dataclass(frozen=True)
class Stage(Server):
    """The demo in a process of its own; `folder` is where its `instance` is."""

    folder: Path
    places: dict[str, dict[str, str]]
    """By brand, what addresses are made of: ids, slugs, user names, tokens."""

    def path(self, pattern: str, brand: str) -> str:
        """Fill "{thread}" and the like into an address."""
        return pattern.format(**self.places[brand])


@contextmanager
def staged() -> Iterator[Stage]:
    """Make the demo, let its people live in it, and serve it."""
    with serving.demo_folder() as folder:
        environment = serving.clean() | {"COMMUNITY_DEV_MAIL": "true"}
        forget_hosts()
        app = create_app(load(folder / "instance", {}), testing=True)
        with app.app_context():
            places = {slug: _live_in(slug) for slug in PEOPLE}
            count_points = follower.Follower()
            while bus.assign_positions() + count_points() + bus.deliver_due():
                pass
            for slug, words in places.items():
                words["letter"] = _newest_letter(app.config["COMMUNITY"].mail_url, slug)
            db.session.remove()
            db.engine.dispose()
        with serving.serving(serving.COMMAND, folder, environment) as port:
            yield Stage(_same(folder, port), port, folder, places)
        forget_hosts()


def _same(folder: Path, port: int):
    """Make the community that is served once more, to look into it."""
    given = {"COMMUNITY_PORT_SUFFIX": f":{port}", "COMMUNITY_DEV_MAIL": "true"}
    return create_app(load(folder / "instance", given), testing=True)


def _live_in(slug: str) -> dict[str, str]:
    with writing(), brand_scope(id_of(slug)):
        people = {part: who(name) for part, name in PEOPLE[slug].items()}
        places = {part: member.username for part, member in people.items()}
        places |= _talk(people, WORDS[slug]) | _tokens(people)
        places["passkey"] = _keys(people["member"])
        _moderate(people, WORDS[slug], places)
        places |= _arrange(people, places)
        places |= _gather(people, WORDS[slug])
        places |= _question(people, WORDS[slug])
        places |= _confide(people, WORDS[slug]) | _ask(people, WORDS[slug], places)
        badges.give(people["expert"].id, "first-accepted", now())
        places["award"] = str(db.session.scalar(select(func.max(BadgeAward.id))))
        reading.catch_up(people["expert"])
        db.session.commit()
    return places


def _question(people: dict[str, Member], words: dict[str, str]) -> dict[str, str]:
    """A question with an accepted and a certified answer, and one that went to support."""
    me, friend, expert = people["member"], people["friend"], people["expert"]
    busy = db.session.scalars(select(Thread).order_by(Thread.posts_count.desc())).first()
    asked = service.start_thread(
        me, busy.category, title=words["question"], body=words["body"], kind=Kind.QUESTION
    )
    plain = service.reply(people["owner"], asked, body=words["thanks"])
    best = service.reply(friend, asked, body=words["answer"])
    accepting.accept(me, plain)
    accepting.accept(me, best)
    day = certifying.today() + certifying.USUAL
    made = certifying.certify(
        expert, best, review_by=day, product=words["group"], source_url="https://example.com/care"
    )
    certifying.no_longer_works(people["moderator"], made)
    made.due_at = now()
    referral = solving.pass_to_support(friend, asked, words["detail"])
    return {
        "question": f"{asked.id}/{asked.slug}",
        "question_id": str(asked.id),
        "answer": str(best.id),
        "plain_answer": str(plain.id),
        "certification": str(made.id),
        "referral": str(referral.id),
    }


def _talk(people: dict[str, Member], words: dict[str, str]) -> dict[str, str]:
    """Start a thread with answers, edits and removed posts; give its addresses."""
    me, friend, expert = people["member"], people["friend"], people["expert"]
    busy = db.session.scalars(select(Thread).order_by(Thread.posts_count.desc())).first()
    thread = service.start_thread(
        me, busy.category, title=words["title"], body=words["body"], tags=["demo"]
    )
    own = service.reply(me, thread, body=words["thanks"])
    said = service.reply(expert, thread, body=words["reply"].format(name=me.username))
    advert = service.reply(friend, thread, body=words["advert"])
    removed = service.reply(friend, thread, body=words["thanks"])
    service.start_thread(friend, busy.category, title=words["waiting"], body=words["detail"])
    for voter in (me, friend):
        votes.vote_helpful(voter, said)
    drafts.save(me, "new:discussion", {"title": words["waiting"], "body": words["detail"]})
    drafts.save(me, f"thread:{busy.id}", {"body": words["body"]})
    drafts.save(me, f"edit:{own.id}", {"body": f"{words['thanks']} {words['detail']}"})
    standing.follow(friend, thread)
    marked = _read(people, thread, said, advert, words)
    removal.hide(people["moderator"], advert, reason=words["reason"])
    removal.delete(friend, removed)
    service.edit(people["moderator"], said, body=f"{said.body} {words['thanks']}")
    opening = db.session.scalars(
        select(Post).where(Post.thread_id == thread.id, Post.number == 1)
    ).one()
    return {
        "thread": f"{thread.id}/{thread.slug}",
        "thread_id": str(thread.id),
        "busy_id": str(busy.id),
        "busy": f"{busy.id}/{busy.slug}",
        "category": queries.category_tree(me)[1].slug,
        "tag": thread.tags[0].slug,
        "opening": str(opening.id),
        "post": str(said.id),
        "own": str(own.id),
        "hidden": str(advert.id),
        "bookmark": str(marked.id),
    }


def _read(
    people: dict[str, Member], thread: Thread, said: Post, gone: Post, words: dict[str, str]
) -> Bookmark:
    """Let somebody read and mark posts, one of which will be gone; the bookmark of the other."""
    me = people["member"]
    bookmarks.bookmark(me, gone)
    marked = bookmarks.bookmark(me, said)
    bookmarks.change(me, marked, note=words["waiting"], remind_at=now() + timedelta(days=2))
    reading.mark_unread(me, said)
    return marked


def _confide(people: dict[str, Member], words: dict[str, str]) -> dict[str, str]:
    """Write in private, to each other and to the brand; a message is reported and read by staff."""
    me, friend, moderator = people["member"], people["friend"], people["moderator"]
    private = messages.start(me, [friend], subject=words["waiting"], body=words["body"])
    messages.reply(friend, private, body=words["thanks"])
    advert = messages.reply(friend, private, body=words["advert"])
    told = messages.write_to_brand(friend, subject=words["title"][:60], body=words["detail"])
    confidants.block(me, people["suspended"])
    report = reports.report(me, advert, wrong=Wrong.SPAM, words=words["reason"])
    reports.open_report(moderator, report)
    return {
        "conversation": str(private.id),
        "to_brand": str(told.id),
        "message": str(advert.id),
        "report": str(report.id),
    }


def _ask(people: dict[str, Member], words: dict[str, str], places: dict) -> dict[str, str]:
    """Open a ranked poll that has votes, and one nobody has voted in."""
    busy = db.session.get_one(Thread, int(places["busy"].partition("/")[0]))
    answers = [words["thanks"], words["detail"], words["waiting"]]
    made = {}
    for name, voting in (("ranked", Voting.RANKED), ("fresh", Voting.ONE)):
        thread = service.start_thread(
            people["owner"], busy.category, title=words["title"], body=words["detail"]
        )
        poll = polls.open_poll(people["owner"], thread, Rules(words["waiting"], answers, voting))
        made |= {name: str(poll.id), f"{name}_thread": f"{thread.id}/{thread.slug}"}
    poll = db.session.get_one(Poll, int(made["ranked"]))
    first, second, third = (option.id for option in poll.options)
    for voter, choices in {
        "friend": [first, second],
        "expert": [second],
        "moderator": [third, second],
        "owner": [first],
    }.items():
        polls.vote(people[voter], poll, choices)
    return made


def _tokens(people: dict[str, Member]) -> dict[str, str]:
    """Ask for every kind of mailed link, as who will use it."""
    newcomer = add_member(
        username="newcomer", email="newcomer@example.com", name="Newcomer", confirmed=False
    )
    links.request_link(newcomer, Purpose.CONFIRM)
    for purpose in Purpose:
        if purpose is not Purpose.CONFIRM:
            links.request_link(people["friend"], purpose)
    made = db.session.scalars(select(MailedLink))
    tokens = {link.purpose.value.replace("-", "_"): links.token_of(link) for link in made}
    stop = unsubscribing.address(people["friend"], "mails_mentions")
    return tokens | {"stop": stop.rpartition("/")[2]}


def _keys(member: Member) -> str:
    """Give a member a passkey, and an app that is about to be set up; the id of the passkey."""
    second_factor.begin(member)
    key = Passkey(
        member_id=member.id, name="Laptop", credential_id="AAAA", public_key="", challenged_at=now()
    )
    db.session.add(key)
    second_factor.settle(member)
    return str(key.id)


def _arrange(people: dict[str, Member], places: dict[str, str]) -> dict[str, str]:
    """Have staff note and rename something; give the addresses of what it arranges."""
    notes.write_note(people["moderator"], people["suspended"], "Sold to her: the shop was told.")
    category = db.session.scalars(select(Category).where(Category.slug == places["category"])).one()
    tag = db.session.scalars(select(Tag).where(Tag.slug == places["tag"])).one()
    vocabulary.set_synonyms(people["moderator"], tag, ["example"])
    update_brand(people["owner"], mail_name="The team")
    delivery = db.session.scalars(
        select(bus.Delivery.id).where(bus.Delivery.parked_at.is_not(None))
    ).first()
    return {
        "category_id": str(category.id),
        "tag_id": str(tag.id),
        "host_id": str(hosts()[0].id),
        "delivery": str(delivery),
    }


def _newest_letter(mail_url: str, slug: str) -> str:
    """Give the name of the last mail about a post."""
    about = (path for path in post.kept(mail_url, slug) if b"List-Unsubscribe" in path.read_bytes())
    return next(about).stem


def _gather(people: dict[str, Member], words: dict[str, str]) -> dict[str, str]:
    """Make a group somebody asks to join, fields, and a private thread that may open."""
    me, friend, owner = people["member"], people["friend"], people["owner"]
    group = groups.create_group(owner, name=words["group"], description=words["detail"])
    groups.add_member(owner, group, me.username)
    groups.set_owner(owner, group, me, is_owner=True)
    groups.ask(friend, group, message=words["thanks"])
    room = queries.category_tree(me)[1]
    field = field_setup.add_field(
        owner, room, kind="product", label=words["field"], options=[words["group"], "4.2"]
    )
    order = field_setup.add_field(owner, room, kind="order-number", label=words["order"])
    private = service.start_thread(
        me,
        room,
        title=words["title"],
        body=words["body"],
        access=Access.BRAND,
        facts={field.id: "4.2", order.id: "LN-20418"},
    )
    service.reply(people["moderator"], private, body=words["thanks"])
    publishing.ask_to_publish(people["moderator"], private, message=words["detail"])
    other = service.start_thread(
        friend, room, title=words["waiting"], body=words["detail"], access=Access.BRAND
    )
    return {
        "group": group.slug,
        "field": str(field.id),
        "private": f"{private.id}/{private.slug}",
        "private_id": str(private.id),
        "other_private_id": str(other.id),
    }


def _moderate(people: dict[str, Member], words: dict[str, str], places: dict[str, str]) -> None:
    roles.suspend(people["owner"], people["suspended"], days=7, reason=words["suspension"])
    people["unconfirmed"].confirmed_at = None
    bus.publish(PostAdded(post_id=int(places["post"]), thread_id=0, author_id=0))
    db.session.flush()  # the delivery below is this event's
    failed = db.session.scalars(select(bus.Delivery).order_by(bus.Delivery.id.desc())).first()
    failed.due_at, failed.attempts = None, bus.TRIES
    failed.error = "ConnectionRefusedError: [Errno 111] Connection refused"
    failed.parked_at = now() - timedelta(hours=2)
