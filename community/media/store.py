"""Where the files of uploads are."""

from flask import current_app


def storage():
    """The storage of the application at hand."""
    return current_app.extensions["storage"]
