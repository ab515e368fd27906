"""Groups over HTTP."""

from community.groups.views import configuring, managing, reading
from community.groups.views.blueprint import blueprint

__all__ = ["blueprint", "configuring", "managing", "reading"]
