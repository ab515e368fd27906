from wtforms import BooleanField

from community.kernel.i18n import _l
from community.kernel.web import Form


class MailsForm(Form):
    mails_mentions = BooleanField(_l("Mentions and quotes"))
    mails_replies = BooleanField(_l("Replies in my threads and those I follow"))
    mails_messages = BooleanField(_l("Private messages"))
