"""Loading the demo brands."""

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from community.brands import service as brands
from community.brands.models import Brand
from community.brands.queries import the_brand
from community.demo.brands import BRANDS, PASSWORD
from community.kernel import text
from community.kernel.db import db, now, writing
from community.kernel.tenancy import across_brands, brand_scope
from community.media import service as media
from community.media.models import Upload
from community.media.service import url_of
from community.members import service as members
from community.members.models import Member
from community.members.passwords import hash_password
from community.threads.models import Category, Post, PostMention, PostQuote, Thread
from community.transfer.writing import NewPost, NewThread, Writer

HERE = Path(__file__).parent
_PICTURE = re.compile(r"\(picture:([a-z0-9-]+)\)")


def exists() -> bool:
    """Whether any brand is there already, so that a demo would get in its way."""
    with across_brands("a demo belongs on an empty installation") as session:
        return session.scalar(select(Brand.id).limit(1)) is not None


def load(tell: Callable[[str], None]) -> None:
    """Make the demo brands with all their content; `tell` is told each step."""
    password_hash = hash_password(PASSWORD)
    for row in BRANDS:
        facts = dict(row)
        hero, hero_alt = facts.pop("hero")
        with writing():
            brand_id = brands.create_brand(**facts).id
            with brand_scope(brand_id):
                _Loader(row["slug"], password_hash).load(hero, hero_alt)
                db.session.commit()
        tell(f"{facts['name']}: {_counts(brand_id)}")


def sign_ins() -> list[tuple[str, str, str]]:
    """(brand slug, role, address) of the members who have the demo password."""
    rows = []
    for brand in BRANDS:
        for member in _one_of_each_role(_content(brand["slug"])["members"]):
            rows.append((brand["slug"], member["role"], _address(member, brand["slug"])))
    return rows


def _content(slug: str) -> dict:
    return json.loads((HERE / f"{slug}.json").read_text())


def _one_of_each_role(people: list[dict]) -> list[dict]:
    return list({person["role"]: person for person in reversed(people)}.values())[::-1]


def _address(person: dict, slug: str) -> str:
    return f"{person['username']}@{slug}.example"


def _counts(brand_id: int) -> str:
    with brand_scope(brand_id):
        threads = len(db.session.scalars(select(Thread.id)).all())
        posts = len(db.session.scalars(select(Post.id)).all())
        people = len(db.session.scalars(select(Member.id)).all())
    return f"{people} members, {threads} threads, {posts} posts"


class _Loader:
    """One brand's content, from its file into the session at hand."""

    def __init__(self, slug: str, password_hash: str):
        self._slug = slug
        self._content = _content(slug)
        self._password_hash = password_hash
        self._moment = now()
        self._members: dict[str, Member] = {}
        self._categories: dict[str, Category] = {}
        self._pictures: dict[str, Upload] = {}

    def load(self, hero: str, hero_alt: str) -> None:
        self._add_members()
        brand = the_brand()
        brand.hero, brand.hero_alt = self._picture(hero).token, hero_alt
        for position, category in enumerate(self._content["categories"], start=1):
            self._add_category(category, position)
        writer = Writer()
        for thread in self._content["threads"]:
            self._add_thread(writer, thread)

    def _ago(self, days: float) -> datetime:
        return self._moment - timedelta(days=days)

    # -- People, sections, pictures ----------------------------------------

    def _add_members(self) -> None:
        people = self._content["members"]
        with_password = {p["username"] for p in _one_of_each_role(people)}
        for person in people:
            member = members.add_member(
                username=person["username"],
                email=_address(person, self._slug),
                name=person["name"],
                role=person["role"],
                confirmed=True,
            )
            member.title = person["title"] or ""
            member.bio = person["bio"]
            member.created_at = member.confirmed_at = self._ago(person["joined_days_ago"])
            if person["username"] in with_password:
                member.password_hash = self._password_hash
            self._members[person["username"]] = member
        for person in people:
            if person["avatar"]:
                picture = self._picture(person["avatar"])
                self._members[person["username"]].avatar = picture.token

    def _picture(self, name: str) -> Upload:
        if name not in self._pictures:
            data = (HERE / "pictures" / f"{name}.webp").read_bytes()
            owner = self._members[self._content["members"][0]["username"]]
            upload = media.store_picture(owner, data)
            upload.attached_at = self._moment
            self._pictures[name] = upload
        return self._pictures[name]

    def _add_category(self, row: dict, position: int, parent: Category | None = None) -> None:
        category = Category(
            slug=row["slug"],
            name=row["name"],
            description=row["description"],
            icon=row["icon"],
            picture=self._picture(row["picture"]).token if row.get("picture") else "",
            parent=parent,
            position=position,
            visible_to=row.get("visible_to", parent.visible_to if parent else "everyone"),
            who_may_start=row.get("who_may_start", "members"),
            threads_count=0,
        )
        db.session.add(category)
        db.session.flush()  # threads refer to it by its id
        self._categories[row["slug"]] = category
        for child_position, child in enumerate(row.get("children", []), start=1):
            self._add_category(child, child_position, category)

    # -- Threads -----------------------------------------------------------

    def _add_thread(self, writer: Writer, row: dict) -> None:
        started = self._ago(row["days_ago"])
        opening = self._post(row["author"], started, row["body"])
        replies = [
            self._post(
                post["author"],
                started + timedelta(hours=post["hours_after"]),
                post["body"],
                post["helpful"],
            )
            for post in row["posts"]
        ]
        shown = _PICTURE.search(row["body"])
        thread, posts = writer.write(
            NewThread(
                title=row["title"],
                category=self._categories[row["category"]],
                tags=row["tags"],
                posts=[opening, *replies],
                views=row["views"],
                is_pinned=row["pinned"],
                is_locked=row["locked"],
                picture=self._picture(shown[1]).token if shown else "",
                followers={post.author.id for post in replies},
            )
        )
        for post, source in zip(posts[1:], row["posts"], strict=True):
            if source["quote"]:
                self._quote(thread, post, posts[source["quote"] - 1])
        for post in posts:
            for name in text.mentions(post.body) & self._members.keys():
                db.session.add(PostMention(post_id=post.id, member_id=self._members[name].id))

    def _post(self, author: str, moment: datetime, body: str, voters=()) -> NewPost:
        body = _PICTURE.sub(lambda match: f"({self._address_of(match[1])})", body)
        return NewPost(
            author=self._members[author],
            created_at=moment,
            body=body,
            html=self._html(body),
            voters=[self._members[name].id for name in voters],
        )

    def _address_of(self, picture: str) -> str:
        return url_of(self._picture(picture).token)

    def _html(self, body: str) -> str:
        people = {name: f"/m/{name}" for name in self._members}
        sizes = {url_of(u.token): (u.width, u.height) for u in self._pictures.values()}
        return str(text.render(body, people=people, pictures=sizes))

    def _quote(self, thread: Thread, post: Post, quoted: Post) -> None:
        address = f"/t/{thread.id}/{thread.slug}#post-{quoted.number}"
        name = next(n for n, m in self._members.items() if m.id == quoted.author_id)
        first_words = quoted.body.split("\n\n")[0]
        quotation = text.quote(first_words, name=name, url=address, post_id=quoted.id)
        post.body = quotation + post.body
        post.html = self._html(post.body)
        db.session.add(PostQuote(post_id=post.id, quoted_id=quoted.id))
