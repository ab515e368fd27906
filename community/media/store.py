"""Where the files of uploads are."""

from flask import current_app

from community.kernel.storage import Storage


def storage() -> Storage:
    """The storage of the application at hand."""
    return current_app.extensions["storage"]
