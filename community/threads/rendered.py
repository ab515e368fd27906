"""The column that holds the HTML of a post."""

from sqlalchemy import String, TypeDecorator

from community.kernel.text import stored


class RenderedHtml(TypeDecorator):
    """HTML made by `text.render` alone, so templates may show it as it is."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value, _dialect):
        return None if value is None else str(value)

    def process_result_value(self, value, _dialect):
        return None if value is None else stored(value)
