"""Addresses for outside a request: mails, feeds written by a worker, webhooks."""

from flask import current_app


def external(host: str, endpoint: str, **values) -> str:
    """The absolute address of an endpoint on a brand's host."""
    settings = current_app.config["COMMUNITY"]
    adapter = current_app.url_map.bind(
        host + settings.port_suffix, url_scheme="https" if settings.https else "http"
    )
    return adapter.build(endpoint, values, force_external=True)
