"""A white-label community for brands."""

import os
from importlib.metadata import version
from pathlib import Path

from flask import Flask, current_app, g, redirect, request
from flask.sessions import SecureCookieSessionInterface
from flask_migrate import Migrate
from jinja2 import StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix

from community import permissions, wiring
from community.brands.queries import brand_of_host, remembered_brand
from community.kernel import assets, bus, formats, i18n, observe, pages, phrases, policy, web
from community.kernel.db import db
from community.kernel.policy import can
from community.kernel.storage import open_storage
from community.kernel.tenancy import brand_scope
from community.members.sessions import LIFETIME, login_manager
from community.permissions import Can
from community.settings import INSTANCE, Settings, load
from community.threads import draft_places, single

__version__ = version("community")

MEGABYTE = 1_000_000


def instance_folder() -> Path:
    """Where settings, the default database and uploads are: COMMUNITY_INSTANCE or ./instance."""
    return Path(os.environ.get(INSTANCE, "instance")).resolve()


def create_app(settings: Settings | None = None, *, testing: bool = False) -> Flask:
    """The whole application; BadSetting when a setting is wrong."""
    settings = settings or load(instance_folder())
    app = Flask(__name__, static_folder=None, template_folder=str(assets.asset_root("templates")))
    app.config.update(
        COMMUNITY=settings,
        TESTING=testing,
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=_engine_options(settings.database_url),
        MAX_CONTENT_LENGTH=(settings.max_upload_mb + 1) * MEGABYTE,
        MAX_FORM_MEMORY_SIZE=MEGABYTE,
        MAX_FORM_PARTS=500,
        SESSION_COOKIE_NAME="__Host-session" if settings.https else "session",
        SESSION_COOKIE_SECURE=settings.https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=LIFETIME,
        SESSION_REFRESH_EACH_REQUEST=False,  # `members` refreshes it when it notes the visit
        WTF_CSRF_TIME_LIMIT=12 * 3600,
    )
    app.session_interface = _SessionOfOneHost()
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    pages.init_app(app, instance_folder() / "pages")
    if settings.trusted_proxies:
        n = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=n, x_proto=n, x_host=n)

    db.init_app(app)
    Migrate(app, db, directory=str(assets.asset_root("migrations")), render_as_batch=True)
    i18n.init_app(app, locale=_locale, zone_name=_zone_name)
    formats.init_app(app)
    assets.init_app(app)
    phrases.init_app(app)
    policy.install(permissions.RULES, permissions.explain)
    bus.subscribe(wiring.SUBSCRIPTIONS)
    draft_places.install(wiring.DRAFT_PLACES)
    single.install(wiring.ONE_PER_THREAD)
    app.extensions["storage"] = open_storage(settings.storage_url, secret=settings.secret_key)
    observe.init_app(app)
    app.before_request(web.let_writers_write)
    app.before_request(_enter_brand)
    app.teardown_request(_leave_brand)
    login_manager.init_app(app)
    web.init_app(app)
    for blueprint in wiring.BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.context_processor(_what_every_template_knows)
    for context in wiring.CONTEXTS:
        app.context_processor(context)
    app.extensions["panels"] = dict(wiring.PANELS)
    app.extensions["composer_parts"] = wiring.COMPOSER_PARTS
    app.extensions["exports"] = wiring.EXPORTS
    app.extensions["pictures"] = wiring.PICTURES
    app.extensions["when_read"] = wiring.WHEN_READ
    app.extensions["sight_of_picture"] = wiring.SIGHT_OF_PICTURE
    app.extensions["admin_pages"] = wiring.ADMIN_PAGES
    return app


def _engine_options(url: str) -> dict:
    if url.startswith("sqlite"):
        return {"connect_args": {"timeout": 30}}
    return {
        "pool_pre_ping": True,
        "pool_size": 10,
        "max_overflow": 10,
        "pool_timeout": 5,
        "connect_args": {
            "connect_timeout": 2,
            "options": "-c statement_timeout=15000 -c idle_in_transaction_session_timeout=60000",
        },
    }


class _SessionOfOneHost(SecureCookieSessionInterface):
    """Signs a cookie for the host it was set on: one brand's is void on another's."""

    def get_signing_serializer(self, app):
        serializer = super().get_signing_serializer(app)
        serializer.salt = f"session of {request.host}".encode()
        return serializer


# -- The brand of a request ------------------------------------------------


def _enter_brand():
    if web.is_unbranded():
        return None
    host = request.host.partition(":")[0].lower().rstrip(".")
    found = brand_of_host(host)
    if found is None and _is_picture_on_its_host(host):
        return None
    if found is None:
        raise web.unknown_host()
    if host != found.canonical and not request.path.startswith("/media/"):
        address = request.url.replace(f"//{request.host}", f"//{_with_port(found.canonical)}", 1)
        return redirect(address, 301 if request.method in web.SAFE_METHODS else 308)
    g.brand_scope = brand_scope(found.brand_id)
    g.brand_scope.__enter__()
    g.brand = remembered_brand(found.brand_id)
    observe.note(brand=g.brand.slug)
    return None


def _is_picture_on_its_host(host: str) -> bool:
    """Whether this host serves pictures alone: a picture's token leads to its brand."""
    return request.endpoint == "media.show" and host == current_app.config["COMMUNITY"].media_host


def _with_port(host: str) -> str:
    return host + (f":{request.host.partition(':')[2]}" if ":" in request.host else "")


def _leave_brand(_error):
    scope = g.pop("brand_scope", None)
    if scope is not None:
        scope.__exit__(None, None, None)


# -- What every page knows -------------------------------------------------


def _locale() -> str | None:
    brand = g.get("brand")
    if brand is None:
        return None
    wanted = web.actor().locale or request.cookies.get("language")
    if wanted in i18n.LOCALES:
        return wanted
    return request.accept_languages.best_match(i18n.LOCALES, default=brand.locale)


def _zone_name() -> str | None:
    brand = g.get("brand")
    if brand is None:
        return None
    return i18n.zone(web.actor().time_zone, brand.time_zone).key


def _what_every_template_knows() -> dict:
    locale = i18n.get_locale()
    actor = web.actor()
    mode = request.cookies.get("mode") or actor.mode.value  # this browser's, else the account's
    return {
        "actor": actor,
        "brand": g.get("brand"),
        "can": lambda action, subject=None: can(actor, action, subject),
        "Can": Can,
        "locale": str(locale).replace("_", "-"),
        "text_dir": locale.text_direction,
        "mode": mode if mode in {"light", "dark"} else None,
        "is_fragment": web.is_fragment(),
    }
