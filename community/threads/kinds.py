"""The few words that say what a thread is, who reads it, and whether it is shown."""

import enum


class Audience(enum.StrEnum):
    EVERYONE = "everyone"
    MEMBERS = "members"
    STAFF = "staff"
    GROUP = "group"  # the one the category names, and staff


class Kind(enum.StrEnum):
    DISCUSSION = "discussion"
    QUESTION = "question"
    MESSAGE = "message"  # a private conversation
    TO_BRAND = "to-brand"  # a private conversation with the brand: staff on duty is in it


class Access(enum.StrEnum):
    """Who reads a thread, beside what its category says."""

    OPEN = "open"  # as open as its category
    BRAND = "brand"  # its author and staff
    PEOPLE = "people"  # its participants alone; such a thread is in no category


class State(enum.StrEnum):
    """Whether a thread or post is shown. Changed by `threads.service` alone."""

    VISIBLE = "visible"
    HIDDEN = "hidden"  # by staff; its author still sees it
    DELETED = "deleted"  # by its author or staff; restorable for 30 days
