"""The shapes of what is sent: lengths and presence. What is right is the service's to say."""

from uuid import uuid4

from flask_wtf.file import MultipleFileField
from wtforms import HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length, Optional, ValidationError

from community.kernel.errors import Invalid
from community.kernel.i18n import _l
from community.kernel.text import MAX_BODY
from community.kernel.web import Form
from community.threads.drafts import Draft
from community.threads.models import Access, Category, Kind
from community.threads.service import SentOtherwise

TITLE_MIN, TITLE_MAX = 10, 120
REASON_MAX = 300

_TITLE_LENGTH = Length(
    TITLE_MIN,
    TITLE_MAX,
    _l("Write between %(min)d and %(max)d characters: the subject, then the point."),
)
_BODY = [
    DataRequired(_l("Write something first.")),
    Length(max=MAX_BODY, message=_l("This text is too long: %(max)d characters at most.")),
]
_REASON_LENGTH = Length(max=REASON_MAX, message=_l("Say it in %(max)d characters at most."))


class WritingForm(Form):
    """What every form with a text has: the text, pictures, and a key against sending twice."""

    body: TextAreaField  # declared where it stands among the others: errors are told in order
    pictures = MultipleFileField(_l("Pictures"))
    submission = HiddenField(validators=[Length(max=64)])
    draft = HiddenField(validators=[Length(max=20)])  # the sequence of the one it began from
    kept: Draft | None = None  # the draft the form was filled with
    other: Draft | None = None  # one the writer may want in place of what the form holds
    refused_pictures = None  # why the pictures sent along were not taken

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not self.submission.data:
            self.submission.data = str(uuid4())

    def take_up(self, draft: Draft) -> None:
        """Go on with a draft: fill the fields with what was typed."""
        for name, value in draft.values.items():
            if name in self and name not in {"submission", "draft"}:
                self[name].process_formdata(value if isinstance(value, list) else [value])
        self.draft.data = str(draft.sequence)
        self.kept = draft

    def refuse(self, refusal: Invalid) -> None:
        if isinstance(refusal, SentOtherwise):
            self.submission.data = str(uuid4())
        super().refuse(refusal)

    def validate_pictures(self, _field) -> None:
        """A text is not sent without the pictures that came with it."""
        if self.refused_pictures:
            raise ValidationError(self.refused_pictures)


class ThreadForm(WritingForm):
    """A new thread; what its category asks is added by `field_forms.asking`."""

    kind = RadioField(
        _l("What it is"),
        choices=[
            SelectChoice(Kind.DISCUSSION.value, _l("Discussion")),
            SelectChoice(Kind.QUESTION.value, _l("Question")),
        ],
        default=Kind.DISCUSSION.value,
    )
    title = StringField(
        _l("Title, in one sentence"), [DataRequired(_l("Give it a title.")), _TITLE_LENGTH]
    )
    category = SelectField(_l("Category"), [DataRequired(_l("Choose a category."))])
    tags = StringField(_l("Tags"), [Length(max=200)])
    body = TextAreaField(_l("Details"), _BODY)
    access = RadioField(
        _l("Who can read this"),
        choices=[
            SelectChoice(Access.OPEN.value, _l("Everyone here")),
            SelectChoice(Access.BRAND.value, _l("Only me and the team")),
        ],
        default=Access.OPEN.value,
    )

    def offer(self, groups: list[tuple[str, list[Category]]]) -> None:
        """Let the writer choose among categories, under the names of their sections."""
        self.category.choices = [(c.slug, c.name) for _name, group in groups for c in group]


class ReplyForm(WritingForm):
    """A reply."""

    body = TextAreaField(_l("Your reply"), _BODY)


class PostForm(WritingForm):
    """A reply again; `seen` says which state of it the writer began from."""

    seen = HiddenField(validators=[Length(max=64)])
    body = TextAreaField(_l("Text"), _BODY)


class OpeningForm(PostForm):
    """The post that opens a thread again, with what belongs to the thread."""

    title = StringField(
        _l("Title, in one sentence"), [DataRequired(_l("Give it a title.")), _TITLE_LENGTH]
    )
    tags = StringField(_l("Tags"), [Length(max=200)])
    body = TextAreaField(_l("Text"), _BODY)


class DeletionForm(Form):
    """Why a post goes, if its remover wants to say."""

    reason = StringField(_l("Reason"), [Optional(), _REASON_LENGTH])


class HidingForm(Form):
    """Why staff hides a post."""

    reason = StringField(
        _l("Reason"),
        [DataRequired(_l("Say why, so that the author understands.")), _REASON_LENGTH],
    )


def tags_of(line: str | None) -> list[str]:
    """The tags in a line, where commas or "#" part them."""
    parts = (line or "").replace("#", ",").split(",")
    return [part.strip() for part in parts if part.strip()]
