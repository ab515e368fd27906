"""What the domain may refuse, in words a person can read, and nothing about HTTP."""


class Refused(Exception):
    """The request was understood and will not be done; `str()` is shown to the person."""


class Forbidden(Refused):
    """This actor may not do this."""


class Missing(Refused):
    """There is no such thing, or this actor must not learn that there is."""


class Gone(Refused):
    """It existed and was removed for good."""


class Conflict(Refused):
    """Nobody may do this in the present state."""


class Invalid(Refused):
    """What was given can never be right. `field` names the form field it stands beside."""

    def __init__(self, message, field: str | None = None):
        super().__init__(message)
        self.field = field


class TooMany(Refused):
    """Too often. `retry_after` is the wait in seconds."""

    def __init__(self, message, retry_after: int):
        super().__init__(message)
        self.retry_after = retry_after
