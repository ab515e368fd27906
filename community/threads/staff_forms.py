"""The shapes of what staff asks for threads. What can be done is for the services to say."""

import re

from wtforms import (
    BooleanField,
    HiddenField,
    RadioField,
    SelectField,
    StringField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length, Optional

from community.kernel.i18n import _, _l
from community.kernel.web import Form
from community.threads.merging import Keep
from community.threads.models import Category, Kind, Thread
from community.threads.slow import LASTS, WAITS, words
from community.threads.staff_acts import REASON_MAX

_THREAD = re.compile(r"(?:^|/t/)(\d{1,9})(?=$|[/?#])")
NEW, OTHER = "new", "other"


class ActForm(Form):
    """What every act has: why, whether people are told, and which preview it began from."""

    reason = StringField(
        _l("Reason"),
        [Optional(), Length(max=REASON_MAX, message=_l("Say it in %(max)d characters at most."))],
    )
    notify = BooleanField(_l("Tell the people concerned"), default=True)
    seen = HiddenField(validators=[Length(max=64)])


class _ReadersForm(ActForm):
    accept_readers = BooleanField(_l("Yes, other people may read it, or some no longer"))


class MoveForm(_ReadersForm):
    category = SelectField(_l("New category"), [DataRequired(_l("Choose a category."))])

    def offer(self, tree: list[Category]) -> None:
        self.category.choices = category_choices(tree)


class _TargetForm(_ReadersForm):
    """An act that takes posts to a thread, one of those chosen or any other."""

    accepted = RadioField(
        _l("Whose accepted answer stays marked?"),
        [Optional()],
        choices=[
            SelectChoice(Keep.TARGET, _l("That of the thread they go to")),
            SelectChoice(Keep.OTHERS, _l("That of the posts that come")),
            SelectChoice(Keep.BOTH, _l("Both")),
        ],
    )
    other = StringField(
        _l("Address or number of the thread"),
        [Optional(), Length(max=400, message=_l("This is not the address of a thread."))],
    )


class MergeForm(_TargetForm):
    target = RadioField(_l("Which thread takes the posts?"))
    accept_rest = BooleanField(_l("Yes, one poll stays and the other goes out of sight"))

    def offer(self, threads: list[Thread]) -> None:
        self.target.choices = [SelectChoice(str(thread.id), thread.title) for thread in threads]
        self.target.choices.append(SelectChoice(OTHER, _("Another thread")))
        if self.target.data is None:
            longest = max(threads, key=lambda thread: thread.posts_count)
            self.target.data = str(longest.id) if threads[1:] else OTHER


class SplitForm(_TargetForm):
    into = RadioField(
        _l("Where do these posts go?"),
        choices=[
            SelectChoice(NEW, _l("Into a new thread")),
            SelectChoice(OTHER, _l("To another thread")),
        ],
        default=NEW,
    )
    title = StringField(_l("Title of the new thread"), [Optional(), Length(max=200)])
    category = SelectField(_l("Its category"))
    tags = StringField(_l("Its tags"), [Length(max=200)])

    def offer(self, tree: list[Category], thread: Thread) -> None:
        self.category.choices = category_choices(tree)
        self.title.flags.required = True  # of a new thread: the service says so
        if self.category.data is None:
            self.category.data = thread.category.slug


class KindForm(ActForm):
    kind = RadioField(
        _l("What are they?"),
        choices=[
            SelectChoice(Kind.QUESTION, _l("Questions")),
            SelectChoice(Kind.DISCUSSION, _l("Discussions")),
        ],
        default=Kind.QUESTION,
    )


class TagsForm(ActForm):
    add = StringField(_l("Tags to add"), [Length(max=200)])
    remove = StringField(_l("Tags to take away"), [Length(max=200)])


class LockForm(ActForm):
    is_locked = RadioField(
        _l("What should happen?"),
        choices=[
            SelectChoice("yes", _l("Close to new replies")),
            SelectChoice("no", _l("Open to replies again")),
        ],
        default="yes",
    )


class SlowForm(Form):
    """How long members wait, and until when."""

    seconds = SelectField(_l("Wait between two posts of a member"), coerce=int)
    lasting = SelectField(_l("For how long"), coerce=int)
    reason = StringField(
        _l("Reason"),
        [Optional(), Length(max=REASON_MAX, message=_l("Say it in %(max)d characters at most."))],
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.seconds.choices = [
            SelectChoice(0, _("No wait")),
            *(SelectChoice(wait, words(wait)) for wait in WAITS),
        ]
        self.lasting.choices = [
            SelectChoice(span, words(span) if span else _("Until somebody ends it"))
            for span in LASTS
        ]


def category_choices(tree: list[Category]) -> list[SelectChoice]:
    """Sections with their parts below them, by their slugs."""
    choices = []
    for section in tree:
        choices.append(SelectChoice(section.slug, section.name))
        choices += [
            SelectChoice(part.slug, f"{section.name} · {part.name}") for part in section.children
        ]
    return choices


def thread_id_of(address: str | None) -> int | None:
    """The id in the address of a thread, or the number alone; None when it is neither."""
    found = _THREAD.search((address or "").strip())
    return int(found[1]) if found else None
