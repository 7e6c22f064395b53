"""What a user can set when swapping faces, beside how they are put in. The docstring of a field is its help text."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from prosopon.core.errors import UsageError
from prosopon.create.swap.merge.masks import needs
from prosopon.create.swap.merge.settings import MergeSettings
from prosopon.create.swap.plans.plan import Route


@dataclass(frozen=True)
class SwapOptions:
    """Whose face, and how it is put in."""

    merge: MergeSettings = field(default_factory=MergeSettings)
    """How faces are put into frames."""
    route: Route = "a"
    """Whose face is put in: a, the source's; b, the target's own, to see what the net makes of it."""
    batch: int = 8
    """Frames that go through the net at once."""

    def __post_init__(self) -> None:
        """Refuse what makes no sense before anything is read."""
        if self.batch < 1:
            raise UsageError(f"batch is {self.batch}", "give 1 or more")


def without_learnt_masks(settings: MergeSettings) -> MergeSettings:
    """The same settings for a model that knows no masks: the landmarks' hull takes the place of a mask of its own."""
    learnt = {"predicted", "target"} & set(needs(settings.mask))
    if not learnt:
        return settings
    parsed = {"parsed", "parsed_predicted"} & set(needs(settings.mask))
    return replace(settings, mask="landmarks-parsed" if parsed else "landmarks")
