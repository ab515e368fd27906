"""The HTTP edge: one commit, one error mapping, one answer for script or none."""

import functools
import hashlib
from urllib.parse import quote, urlsplit

import structlog
from flask import Flask, current_app, flash, g, redirect, render_template, request, session
from flask_babel import force_locale
from flask_login import current_user, login_url
from flask_wtf import FlaskForm
from flask_wtf.csrf import CSRFError, CSRFProtect, generate_csrf
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionLeft
from werkzeug.exceptions import HTTPException, NotFound, RequestEntityTooLarge
from werkzeug.routing import IntegerConverter

from community.kernel.db import db, expect_writes
from community.kernel.errors import (
    Conflict,
    Forbidden,
    Gone,
    Invalid,
    Missing,
    Refused,
    TooMany,
)
from community.kernel.i18n import LOCALES, SOURCE, _
from community.kernel.limits import Limiter, network
from community.kernel.storage import StorageFailed, StorageFull
from community.kernel.tenancy import brand_id_or_none

log = structlog.get_logger()

STATUS = {Forbidden: 403, Missing: 404, Gone: 410, Conflict: 409, Invalid: 422, TooMany: 429}
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
WRITES_PER_MEMBER = "60/minute"
WRITES_PER_NETWORK = "120/minute"
LARGEST_ID = 2**31 - 1


def init_app(app: Flask) -> None:
    app.url_map.converters["int"] = _Id
    CSRFProtect(app)
    app.jinja_env.globals["csrf_token"] = _form_token
    app.extensions["limiter"] = Limiter(app.config["COMMUNITY"].redis_url)
    app.after_request(_protect)
    app.after_request(_settle)  # runs first of the two: the answer may become a 409
    app.teardown_request(lambda _error: expect_writes(False))
    app.register_error_handler(CSRFError, _held)
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(IntegrityError, _lost_a_race)
    app.register_error_handler(DBAPIError, _database_away)
    app.register_error_handler(NoConnectionLeft, _database_away)
    app.register_error_handler(StorageFailed, _uploads_away)
    app.register_error_handler(RequestEntityTooLarge, _too_large)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _our_fault)


def _form_token() -> str:
    """The token of this page's forms, signed once for all of them."""
    if "form_token" not in g:
        g.form_token = generate_csrf()
    return g.form_token


class _Id(IntegerConverter):
    """Whole numbers as large as an id can be; a larger one names nothing, so it is a 404."""

    def __init__(self, url_map, fixed_digits=0, min=None, max=LARGEST_ID):
        super().__init__(url_map, fixed_digits, min, max)


# -- What views use --------------------------------------------------------


def actor():
    """The member signed in, or `Anonymous`."""
    return current_user._get_current_object()


def is_fragment() -> bool:
    """Whether script asks, and will put the answer into the page."""
    return request.headers.get("HX-Request") == "true"


def page(template: str, *, status: int = 200, **context):
    """A whole page."""
    return render_template(template, **context), status


def form_page(template: str, form: FlaskForm, **context):
    """A page with a form: 422 when what was sent has errors, which stand beside the fields."""
    return page(template, status=422 if form.errors else 200, form=form, **context)


def answer(url: str, fragment: str, *, message: str | None = None, **context):
    """Send script the changed fragment; send everyone else to the page.

    `message` is told either way: in the page after the redirect, or as a toast.
    """
    if not is_fragment():
        if message:
            flash(message)
        return redirect(url, 303)
    response = current_app.make_response(render_template(fragment, **context))
    if message:
        response.headers["X-Message"] = quote(message)
    return response


def done(url: str, message: str | None = None):
    """Go on to `url` after something was done, with a word about it.

    Script that sends a form by itself is told where to go, and goes when it knows that the
    form was taken.
    """
    if message:
        flash(message)
    if request.headers.get("X-Sent-By") == "script":
        return "", 204, {"X-Location": url}
    return redirect(url, 303)


def local_path(target: str | None, default: str = "/") -> str:
    """Where to go back to: a path of this site, never another site."""
    if not target or not target.startswith("/") or "\\" in target:
        return default
    if any(ord(c) <= 32 or ord(c) == 127 for c in target):
        return default
    try:
        parts = urlsplit(target)
    except ValueError:
        return default
    return default if parts.scheme or parts.netloc or target.startswith("//") else target


def limited(act: str, *, per_member: str | None = None, per_network: str | None = None):
    """Count calls of a view that changes something; refuse beyond the rates ("5/minute")."""

    def wrap(view):
        @functools.wraps(view)
        def counted(*args, **kwargs):
            if request.method not in SAFE_METHODS:
                count(act, per_member=per_member, per_network=per_network)
            return view(*args, **kwargs)

        return counted

    return wrap


def count(act: str, *, per_member: str | None = None, per_network: str | None = None) -> None:
    """Count one act of whoever asks; TooMany beyond a rate."""
    limiter = current_app.extensions["limiter"]
    if per_member and actor().is_authenticated:
        limiter.hit(act, f"member:{actor().id}", per_member)
    if per_network:
        limiter.hit(act, f"net:{network(request.remote_addr)}", per_network)


def unbranded(view):
    """Mark a view that belongs to no brand and touches neither session nor database."""
    view.unbranded = True
    return view


def is_unbranded() -> bool:
    view = current_app.view_functions.get(request.endpoint)
    return getattr(view, "unbranded", False)


class Form(FlaskForm):
    """A form whose service may still refuse: the refusal stands beside its field."""

    def refuse(self, refusal: Invalid) -> None:
        field = self._fields.get(refusal.field)
        target = field.errors if field is not None else self.form_errors
        if field is not None:
            field.errors = [*target, str(refusal)]
        else:
            target.append(str(refusal))


# -- One commit ------------------------------------------------------------


def let_writers_write():
    """Registered before anything that reads: a transaction begun for reading cannot write later."""
    expect_writes(request.method not in SAFE_METHODS)


def _settle(response):
    """Commit what succeeded; roll back what was refused."""
    if brand_id_or_none() is None:
        return response
    if response.status_code < 400:
        try:
            db.session.commit()
        except IntegrityError as error:
            return _as_response(_undone(_lost_a_race, error))
        except DBAPIError as error:
            return _as_response(_undone(_database_away, error))
    else:
        db.session.rollback()
    return response


def _undone(refuse, error):
    """Refuse what failed at the commit, and do not praise it on the next page either."""
    db.session.rollback()
    session.pop("_flashes", None)
    return refuse(error)


def _as_response(answer_):
    return current_app.make_response(answer_)


# -- Refusals --------------------------------------------------------------


def _refused(error: Refused):
    status = next(code for kind, code in STATUS.items() if isinstance(error, kind))
    if status == 403 and not actor().is_authenticated:
        status = 401
        if request.method in SAFE_METHODS and not is_fragment():
            view, here = current_app.login_manager.login_view, request.full_path.rstrip("?")
            return redirect(login_url(view, here), 302)
        if request.method not in SAFE_METHODS:
            return _held(error)
    headers = {"Retry-After": str(error.retry_after)} if isinstance(error, TooMany) else {}
    if status in {403, 409, 422, 429} and _typed():
        return _hold_page(str(error), status, headers)
    return _error_page(status, str(error), headers)


def _typed() -> list[tuple[str, str]]:
    """What was typed into the refused form, so that it can be shown again."""
    hidden = {"csrf_token", "password", "new_password", "current_password"}
    return [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name not in hidden and value.strip()
    ]


def _held(error):
    """The session or the form is too old: keep what was typed and offer to send it again."""
    if isinstance(error, CSRFError):
        message = _("This page was open for a long time, so we did not send it yet.")
        status = 400
    else:
        message = str(error)
        status = 401
    return _hold_page(message, status, {})


def _hold_page(message: str, status: int, headers: dict):
    db.session.rollback()
    if is_fragment():
        return message, status, {"Content-Type": "text/plain; charset=utf-8", **headers}
    body = render_template(
        "layout/held.html",
        message=message,
        typed=_typed(),
        had_files=any(f.filename for f in request.files.values()),
        action=local_path(request.path),
        csrf=generate_csrf(),
    )
    return body, status, headers


def _lost_a_race(error):
    db.session.rollback()
    log.info("request.lost_a_race", error=type(error.orig).__name__)
    return _refused(Conflict(_("Someone did this at the same moment. Have another look.")))


def _database_away(error):
    db.session.rollback()
    if not isinstance(error, OperationalError | NoConnectionLeft) and not getattr(
        error, "connection_invalidated", False
    ):
        return _our_fault(error)
    log.error("database.away", exc_info=error)
    # Which language the member or the brand speaks would be a question to the database.
    with force_locale(request.accept_languages.best_match(LOCALES) or SOURCE):
        message = _("We cannot reach our memory right now. Try again in a moment.")
    return _plain_error(503, message, {"Retry-After": "10"})


def _uploads_away(error: StorageFailed):
    """A full disk refuses files and nothing else; what was typed is kept either way."""
    log.error("storage.failed", error=str(error))
    is_full = isinstance(error, StorageFull)
    message = (
        _("There is no room left for pictures right now. Send your text without them.")
        if is_full
        else _("We cannot reach the pictures right now. Try again in a moment.")
    )
    status = 507 if is_full else 503
    return _hold_page(message, status, {}) if _typed() else _error_page(status, message, {})


def _too_large(_error):
    limit = current_app.config["COMMUNITY"].max_upload_mb
    return _error_page(413, _("That is too large. Send at most %(mb)d MB.", mb=limit), {})


def _http_error(error: HTTPException):
    if error.code is None or error.code < 400:
        return error
    words = {
        404: _("There is nothing at this address."),
        405: _("This address does not take that kind of request."),
        400: _("We could not read this request."),
    }
    headers = {name: value for name, value in error.get_headers() if name != "Content-Type"}
    return _error_page(error.code, words.get(error.code, error.description or ""), headers)


def _our_fault(error):
    db.session.rollback()
    log.error("request.failed", exc_info=error)
    if current_app.config.get("PROPAGATE_EXCEPTIONS"):
        raise error
    return (
        _hold_page(
            _("Something broke on our side. Your text is still here; try again in a moment."),
            500,
            {},
        )
        if _typed() and brand_id_or_none()
        else _error_page(
            500, _("Something broke on our side. We have been told; try again in a moment."), {}
        )
    )


def _error_page(status: int, message: str, headers: dict):
    db.session.rollback()
    if is_fragment():
        return message, status, {"Content-Type": "text/plain; charset=utf-8", **headers}
    if brand_id_or_none() is None:
        return _plain_error(status, message, headers)
    return render_template("layout/error.html", status=status, message=message), status, headers


def _plain_error(status: int, message: str, headers: dict):
    """For where no brand is known: names nobody and needs nothing."""
    return message, status, {"Content-Type": "text/plain; charset=utf-8", **headers}


def unknown_host():
    """What a host name that opens no brand gets; it learns nothing."""
    return NotFound("Not found")


# -- Protection ------------------------------------------------------------


def _protect(response):
    """Headers of every answer. A view may have set a stricter or wider policy itself."""
    settings = current_app.config["COMMUNITY"]
    media = f" https://{settings.media_host}" if settings.media_host else ""
    headers = response.headers
    headers.setdefault(
        "Content-Security-Policy",
        f"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:{media};"
        " font-src 'self'; connect-src 'self'; form-action 'self'; manifest-src 'self';"
        " base-uri 'none'; frame-ancestors 'none'",
    )
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "strict-origin-when-cross-origin")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
    if settings.https:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    if "Cache-Control" not in headers:
        personal = response.status_code >= 500 or _is_personal()
        headers["Cache-Control"] = "private, no-store" if personal else "private, no-cache"
    if response.mimetype == "text/html" and not is_unbranded():
        response.vary.update(["Cookie", "Accept-Language", "HX-Request"])
    return response


def _is_personal() -> bool:
    if brand_id_or_none() is None:
        return False
    return request.method not in SAFE_METHODS or actor().is_authenticated


def fingerprint(*parts: str) -> str:
    """A short name for a content, for addresses that may be cached for ever."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
