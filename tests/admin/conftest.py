"""What the tests of the back office share."""

import pytest

from community.brands.models import Brand
from community.kernel.db import db
from community.kernel.tenancy import brand_scope
from tests.factories import LUNE


@pytest.fixture
def brand(app):
    """A brand as it is stored now."""

    def read(brand_id: int = LUNE) -> Brand:
        with app.app_context(), brand_scope(brand_id):
            found = db.session.get_one(Brand, brand_id)
            db.session.expunge(found)
        return found

    return read
