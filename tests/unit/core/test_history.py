from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prosopon.core.history import SourceType, Step, source_type_of

TYPES = st.sampled_from([None, *SourceType])


def history(*types: SourceType | None) -> tuple[Step, ...]:
    return tuple(Step(f"step.{i}", source_type=one) for i, one in enumerate(types))


@pytest.mark.parametrize(
    ("types", "label"),
    [
        ((), None),
        ((None, None), None),
        ((None, SourceType.TRAINED), SourceType.TRAINED),
        ((SourceType.ALGORITHMIC, SourceType.ENHANCED), SourceType.ALGORITHMIC),
        ((SourceType.ALGORITHMIC, SourceType.TRAINED), SourceType.TRAINED),
        ((SourceType.TRAINED, SourceType.COMPOSITE), SourceType.COMPOSITE),
        ((SourceType.COMPOSITE, SourceType.ENHANCED), SourceType.COMPOSITE),
    ],
)
def test_labels(types: tuple[SourceType | None, ...], label: SourceType | None) -> None:
    assert source_type_of(history(*types)) is label


@given(st.lists(TYPES, max_size=6), TYPES)
def test_a_label_is_never_lost_by_a_further_step(types: list[SourceType | None], added: SourceType | None) -> None:
    before = source_type_of(history(*types))
    after = source_type_of(history(*types, added))
    assert (after is None) == (before is None and added is None)
    if before in (SourceType.COMPOSITE, SourceType.TRAINED):
        assert after in (SourceType.COMPOSITE, SourceType.TRAINED)


def test_steps_know_when_they_were_made() -> None:
    assert Step("a").time.tzinfo is not None
