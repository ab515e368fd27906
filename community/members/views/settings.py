"""What members set about themselves."""

import json

from flask import current_app, g, make_response, request, url_for

from community.brands.views import languages
from community.kernel import web
from community.kernel.errors import Invalid, Missing
from community.kernel.i18n import _
from community.kernel.policy import can, require
from community.members import access, queries, service
from community.members import privacy as own_data
from community.members.devices import device_words, is_phone
from community.members.forms import (
    AvatarForm,
    EmailForm,
    LeaveForm,
    PasswordForm,
    PreferencesForm,
    ProfileForm,
)
from community.members.sessions import hash_token
from community.members.views.blueprint import blueprint
from community.members.views.entry import here, leave_browser
from community.members.views.links import gone
from community.members.views.proof import fresh
from community.permissions import Can, explain

CHANGES_PER_MEMBER = "30/hour"


def _me():
    """Whoever is signed in; everyone else is asked to sign in."""
    actor = web.actor()
    require(actor, Can.MANAGE_ACCOUNT, actor)
    return actor


# -- Profile ---------------------------------------------------------------


@blueprint.route("/settings", methods=["GET", "POST"])
@web.limited("settings", per_member=CHANGES_PER_MEMBER)
def settings():
    """Name, user name, words about oneself, and who may see them."""
    me = _me()
    form = ProfileForm(
        data={
            "name": me.name,
            "username": me.username,
            "bio": me.bio,
            "is_public": me.is_profile_public,
        }
    )
    if form.validate_on_submit():
        try:
            service.rename(me, me, form.username.data)
            service.edit_profile(
                me,
                me,
                name=form.name.data,
                bio=form.bio.data,
                is_public=form.is_public.data,
            )
            return web.done(url_for(".settings"), _("Your profile is saved."))
        except Invalid as refusal:
            form.refuse(refusal)
    return _profile_page(form, AvatarForm())


def _profile_page(form, avatar_form, status=None):
    me = web.actor()
    why_not = "" if can(me, Can.EDIT_PROFILE, me) else explain(me, Can.EDIT_PROFILE)
    return web.page(
        "members/settings.html",
        status=status or (422 if form.errors else 200),
        form=form,
        avatar_form=avatar_form,
        why_not=why_not,
    )


@blueprint.post("/settings/avatar")
@web.limited("avatar", per_member="10/hour")
def change_avatar():
    """Show another picture."""
    me, form = _me(), AvatarForm()
    pictures = current_app.extensions["pictures"]
    file = request.files.get("picture")
    try:
        if file is None or not file.filename:
            raise Invalid(_("Choose a picture first."))
        upload = pictures.add_picture(me, file.read(), alt=me.name)
    except Invalid as refusal:
        form.picture.errors = [str(refusal)]
        filled = ProfileForm(
            formdata=None,
            data={
                "name": me.name,
                "username": me.username,
                "bio": me.bio,
                "is_public": me.is_profile_public,
            },
        )
        return _profile_page(filled, form, status=422)
    pictures.attach([upload])
    _show_avatar(me, upload.token)
    return web.done(url_for(".settings"), _("Your picture is saved."))


@blueprint.post("/settings/avatar/remove")
@web.limited("avatar", per_member="10/hour")
def remove_avatar():
    """Show no picture."""
    _show_avatar(_me(), "")
    return web.done(url_for(".settings"), _("Your picture is removed."))


def _show_avatar(me, token: str) -> None:
    pictures = current_app.extensions["pictures"]
    former = me.avatar
    service.set_avatar(me, me, token)
    if former:
        pictures.discard(pictures.by_tokens([former]).values())


# -- Account ---------------------------------------------------------------


@blueprint.get("/settings/account")
def account():
    """Address and password."""
    _me()
    return _account_page(EmailForm(formdata=None), PasswordForm(formdata=None))


def _account_page(email_form, password_form):
    wrong = email_form.errors or password_form.errors
    return web.page(
        "members/account.html",
        status=422 if wrong else 200,
        email_form=email_form,
        password_form=password_form,
    )


@blueprint.post("/settings/account/email")
@web.limited("settings", per_member=CHANGES_PER_MEMBER)
def ask_for_email():
    """Ask for another address; a link goes there first."""
    me, form = _me(), EmailForm()
    if form.validate_on_submit():
        try:
            access.request_email_change(
                me,
                email=form.email.data,
                password=form.current_password.data,
                network=here(),
            )
            return web.done(
                url_for(".account"),
                _("We have sent a link to the new address. Use it to confirm the change."),
            )
        except Invalid as refusal:
            form.refuse(refusal)
    return _account_page(form, PasswordForm(formdata=None))


@blueprint.post("/settings/account/password")
@web.limited("settings", per_member=CHANGES_PER_MEMBER)
def change_password():
    """Replace the password."""
    me, form = _me(), PasswordForm()
    if form.validate_on_submit():
        try:
            access.change_password(
                me,
                current=form.current_password.data,
                new=form.new_password.data,
                network=here(),
            )
            return web.done(
                url_for(".account"),
                _("Your new password counts from now on. Other devices are signed out."),
            )
        except Invalid as refusal:
            form.refuse(refusal)
    return _account_page(EmailForm(formdata=None), form)


@blueprint.post("/settings/account/password-link")
@web.limited("settings", per_member=CHANGES_PER_MEMBER)
def ask_for_password():
    """Have a link mailed to choose a password, for who has none or forgot it."""
    access.request_password(_me())
    return web.done(url_for(".account"), _("We have sent you a link to choose a password."))


# -- Preferences -----------------------------------------------------------


@blueprint.route("/settings/preferences", methods=["GET", "POST"])
@web.limited("settings", per_member=CHANGES_PER_MEMBER)
def preferences():
    """Language, time zone, appearance, and which notices come by mail."""
    me = _me()
    form = PreferencesForm(
        data={
            "locale": me.locale or "",
            "time_zone": me.time_zone or "",
            "mode": me.mode.value,
            "mentions": me.mails_mentions,
            "replies": me.mails_replies,
            "messages": me.mails_messages,
        }
    )
    form.offer(languages(), g.brand.time_zone)
    if not form.validate_on_submit():
        return web.form_page("members/preferences.html", form)
    service.set_preferences(
        me,
        me,
        locale=form.locale.data or None,
        time_zone=form.time_zone.data or None,
        mode=form.mode.data,
    )
    service.set_mails(
        me,
        me,
        mentions=form.mentions.data,
        replies=form.replies.data,
        messages=form.messages.data,
    )
    done = web.done(url_for(".preferences"), _("Your preferences are saved."))
    response = make_response(done)
    response.delete_cookie("mode")  # what this browser had chosen before
    return response


# -- Sessions --------------------------------------------------------------


@blueprint.get("/settings/sessions")
def sessions():
    """Where one is signed in."""
    me = _me()
    present = hash_token(me.session_token)
    rows = [
        {
            "row": row,
            "device": device_words(row.user_agent),
            "icon": "phone" if is_phone(row.user_agent) else "monitor",
            "is_this": row.token_hash == present,
        }
        for row in queries.sessions_of(me)
    ]
    rows.sort(key=lambda row: not row["is_this"])
    return web.page("members/sessions.html", rows=rows)


@blueprint.post("/settings/sessions/<int:session_id>/revoke")
def revoke(session_id):
    """End one session."""
    me = _me()
    session = queries.session_of(me, session_id)
    if session is None:
        raise Missing(_("This session has ended already."))
    access.revoke(me, session)
    return web.done(url_for(".sessions"), _("This device is signed out."))


@blueprint.post("/settings/sessions/elsewhere")
def sign_out_elsewhere():
    """End every other session."""
    access.sign_out_elsewhere(_me())
    return web.done(url_for(".sessions"), _("All other devices are signed out."))


@blueprint.post("/settings/sessions/everywhere")
def sign_out_everywhere():
    """End every session, this one too."""
    access.sign_out_everywhere(_me())
    leave_browser()
    return web.done(url_for(".login"), _("You are signed out everywhere."))


# -- Privacy ---------------------------------------------------------------


@blueprint.route("/settings/privacy", methods=["GET", "POST"])
@web.limited("settings", per_member=CHANGES_PER_MEMBER)
def privacy():
    """Take one's data along, or leave."""
    me = _me()
    form = LeaveForm()
    if form.validate_on_submit():
        try:
            own_data.leave(
                me,
                password=form.password.data or "",
                removes_posts=form.posts.data == "remove",
                network=here(),
            )
            return gone(own=True)
        except Invalid as refusal:
            form.refuse(refusal)
    return web.form_page("members/privacy.html", form)


@blueprint.post("/settings/privacy/leave-link")
@web.limited("settings", per_member=CHANGES_PER_MEMBER)
def ask_to_leave():
    """Have a link mailed that proves who wants to leave."""
    own_data.request_leaving(_me())
    return web.done(url_for(".privacy"), _("We have sent you a link. It lets you leave."))


@blueprint.post("/settings/privacy/data")
@web.limited("data", per_member="10/hour")
@fresh
def download():
    """Everything that is known about oneself, in one JSON file."""
    me = _me()
    data = own_data.data_of(me, me, current_app.extensions["exports"])
    response = make_response(json.dumps(data, ensure_ascii=False, indent=2, default=str))
    response.headers["Content-Type"] = "application/json; charset=utf-8"
    name = f"{g.brand.slug}-{me.username}.json"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
