"""A table for what handlers do, so that effects can be counted in rows."""

import pytest

from tests.kernel import fire


@pytest.fixture
def effects(app, settings):
    """The addresses of a database that has the table of effects too; see `fire.effects_of`."""
    fire.make_effects(settings.database_owner_url or settings.database_url)
    return settings
