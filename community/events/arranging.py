"""What staff arranges: the brand, categories, tags, members, deliveries."""

from dataclasses import dataclass

from community.kernel.bus import Event


@dataclass(frozen=True)
class BrandChanged(Event):
    """`facts` names what changed, parted by spaces, as `brands.service.set_facts` takes it."""

    facts: str
    changed_by_id: int | None


@dataclass(frozen=True)
class CategoryAdded(Event):
    category_id: int
    added_by_id: int


@dataclass(frozen=True)
class CategoryChanged(Event):
    """Its name, place, look or audiences are others now."""

    category_id: int
    changed_by_id: int


@dataclass(frozen=True)
class CategoryRemoved(Event):
    """It is gone; what was written there is in `into_id`, told by ThreadsRefiled."""

    category_id: int
    into_id: int | None
    removed_by_id: int


@dataclass(frozen=True)
class ThreadsRefiled(Event):
    """These threads, 500 at most, are in another category, for theirs was removed."""

    thread_ids: list[int]
    category_id: int
    refiled_by_id: int


@dataclass(frozen=True)
class TagChanged(Event):
    """A tag, or the other words for it, changed: a name, a union of two, or its end."""

    tag_id: int
    changed_by_id: int


@dataclass(frozen=True)
class TagsChanged(Event):
    """These threads, 500 at most, carry other words than before, for staff changed a tag."""

    thread_ids: list[int]
    changed_by_id: int


@dataclass(frozen=True)
class FieldChanged(Event):
    """A question of a category, or its end. Threads up to `after_thread_id` know of it."""

    field_id: int
    after_thread_id: int = 0


@dataclass(frozen=True)
class DeliveryDiscarded(Event):
    """A delivery that was given up will not be tried again."""

    delivery_id: int
    discarded_by_id: int
