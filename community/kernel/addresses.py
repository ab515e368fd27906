"""Addresses: ours for outside a request (mails, feeds written by a worker), and others'."""

from urllib.parse import urlsplit

from flask import current_app


def external(host: str, endpoint: str, **values) -> str:
    """The absolute address of an endpoint on a brand's host."""
    settings = current_app.config["COMMUNITY"]
    adapter = current_app.url_map.bind(
        host + settings.port_suffix, url_scheme="https" if settings.https else "http"
    )
    return adapter.build(endpoint, values, force_external=True)


def is_web(address: str) -> bool:
    """Whether this is the whole address of something on the web."""
    try:
        parts = urlsplit(address)
        is_named = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:  # brackets of an IPv6 host that do not match
        return False
    return is_named and not any(c.isspace() for c in address)
