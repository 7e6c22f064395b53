"""What a history becomes: the first action, ingredients, source types, and no folder of anybody."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prosopon.core.history import Parent, Relationship, SourceType, Step
from prosopon.vouch.manifest.definition import (
    RUN_ASSERTION,
    WATERMARK_ASSERTION,
    Manifest,
    as_json,
    ingredients_of,
    jsonable,
    source_type_url,
    without_folders,
)

FACE = Parent("face.png", "ab" * 32, Relationship.PARENT, Path("/home/somebody/face.png"))
DRIVING = Parent("driving.mp4", "cd" * 32, Relationship.INPUT, Path("/home/somebody/driving.mp4"))


def _actions(*history: Step) -> list[dict]:
    definition = Manifest.of(history, "out.mp4").definition
    (data,) = (a["data"] for a in definition["assertions"] if a["label"] == "c2pa.actions.v2")
    return data["actions"]


def test_generated_from_nothing_is_created() -> None:
    (action,) = _actions(Step("studio.render", {"people": 1}, source_type=SourceType.ALGORITHMIC, seed=3))
    assert action["action"] == "c2pa.created"
    assert action["digitalSourceType"] == "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia"
    assert action["parameters"]["com.prosopon.seed"] == 3


def test_an_edited_picture_is_opened_first() -> None:
    opened, edited = _actions(
        Step("media.read", {}, (FACE,), time=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        Step("create.fomm.animate", {}, (FACE, DRIVING), source_type=SourceType.COMPOSITE),
    )
    assert opened["action"] == "c2pa.opened"
    assert opened["when"] == "2026-01-02T03:04:05Z"
    assert opened["parameters"] == {"ingredientIds": ["ingredient_1"]}
    assert "digitalSourceType" not in opened
    assert edited["action"] == "c2pa.edited"
    assert edited["digitalSourceType"] == source_type_url(SourceType.COMPOSITE)
    assert edited["parameters"]["ingredientIds"] == ["ingredient_2"]


def test_the_last_mention_decides_what_a_thing_was() -> None:
    """The driving video is read (an origin like any other), then only steers."""
    read = Step("media.read", {}, (Parent("d.mp4", DRIVING.sha256, Relationship.PARENT, DRIVING.path),))
    animate = Step("create.fomm.animate", {}, (FACE, DRIVING), source_type=SourceType.COMPOSITE)
    found = ingredients_of((read, animate))
    assert [(i.parent.name, i.parent.relationship) for i in found] == [
        ("face.png", Relationship.PARENT),
        ("driving.mp4", Relationship.INPUT),
    ]


def test_an_animation_that_shows_nothing_of_its_inputs_is_created() -> None:
    part = Parent("face.png", FACE.sha256, Relationship.COMPONENT, FACE.path)
    read = Step("media.read", {}, (DRIVING,))
    (created,) = _actions(read, Step("create.x.animate", {}, (part, DRIVING), source_type=SourceType.TRAINED))
    assert created["action"] == "c2pa.created"
    assert created["digitalSourceType"] == source_type_url(SourceType.TRAINED)
    assert created["parameters"]["ingredientIds"] == ["ingredient_1", "ingredient_2"]


def test_only_one_thing_can_be_the_parent() -> None:
    other = Parent("other.png", "99" * 32, Relationship.PARENT)
    found = ingredients_of((Step("a", {}, (DRIVING, FACE, other)),))
    assert [i.parent.relationship for i in found] == [
        Relationship.PARENT,
        Relationship.INPUT,
        Relationship.COMPONENT,
    ]
    assert found[0].parent.name == "face.png"


def test_a_parent_in_memory_is_told_by_the_history() -> None:
    rendered = Parent("rendered person", None, Relationship.PARENT)
    steering = Parent("rendered performance", None, Relationship.INPUT)
    render = Step("studio.render", source_type=SourceType.ALGORITHMIC)
    animate = Step("create.fomm.animate", {}, (rendered, steering), source_type=SourceType.COMPOSITE)
    created, edited = _actions(render, animate)
    assert (created["action"], edited["action"]) == ("c2pa.created", "c2pa.edited")
    assert created["digitalSourceType"] == source_type_url(SourceType.ALGORITHMIC)
    assert edited["parameters"]["ingredientIds"] == ["ingredient_1"]
    assert [i.parent.name for i in ingredients_of((render, animate))] == ["rendered performance"]


def test_operations_have_the_standards_names() -> None:
    history = (
        Step("studio.render", source_type=SourceType.ALGORITHMIC),
        Step("media.resize"),
        Step("arena.transcode", source_type=SourceType.ENHANCED),
        Step("disrupt.pgd.protect", source_type=SourceType.ENHANCED),
    )
    assert [a["action"] for a in _actions(*history)] == [
        "c2pa.created",
        "c2pa.resized",
        "c2pa.transcoded",
        "c2pa.edited",
    ]


def test_the_run_is_told(step: Step) -> None:
    definition = Manifest.of((step,), "out.mp4").definition
    (run,) = (a["data"] for a in definition["assertions"] if a["label"] == RUN_ASSERTION)
    assert run["digitalSourceType"] == source_type_url(SourceType.COMPOSITE)
    (told,) = run["steps"]
    assert (told["op"], told["seed"], told["weights_sha256"]) == ("create.fomm.animate", 7, "ef" * 32)
    assert told["params"] == {"size_px": 256, "relative": True}
    assert definition["claim_generator_info"][0]["name"] == "Prosopon"
    assert definition["title"] == "out.mp4"


def test_a_history_that_made_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing to seal"):
        Manifest.of((Step("media.read"),), "x.png")


def test_no_folder_gets_in() -> None:
    step = Step(
        "create.x",
        {
            "weights": Path("/home/somebody/weights/x.safetensors"),
            "relative": Path("../somebody/y.png"),
            "texts": ["/home/somebody/a b/z.png", "from /home/somebody/q.png on", "C:\\Users\\somebody\\w.png"],
            "file:///home/somebody/key": "~/somebody/v.png",
        },
        (Parent("/home/somebody/face.png", "ab" * 32, Relationship.PARENT, Path("/home/somebody/face.png")),),
        source_type=SourceType.COMPOSITE,
    )
    manifest = Manifest.of((step,), "out.png")
    text = as_json(manifest.definition) + "".join(as_json(i.definition()) for i in manifest.ingredients)
    assert "somebody" not in text
    for name in ("x.safetensors", "y.png", "z.png", "q.png", "w.png", "v.png", "face.png"):
        assert name in text


@pytest.mark.parametrize(
    "text", ["http://cv.iptc.org/newscodes/x", "and/or", "3/4", "create.fomm.animate", "n/a or no/yes", ""]
)
def test_what_is_no_path_stays(text: str) -> None:
    assert without_folders(text) == text


def test_parameters_become_plain() -> None:
    given_ = {
        "a": np.float32(0.5),
        "b": np.arange(3),
        "c": float("nan"),
        "d": (SourceType.TRAINED, None, True),
        "e": np.int64(4),
        "f": np.float64("inf"),
    }
    assert jsonable(given_) == {
        "a": 0.5,
        "b": [0, 1, 2],
        "c": "nan",
        "d": ["trainedAlgorithmicMedia", None, True],
        "e": 4,
        "f": "inf",
    }


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), lambda s: st.lists(s) | st.tuples(s, s)))
def test_everything_can_be_written(value: object) -> None:
    assert isinstance(as_json({"value": jsonable(value)}), str)


def test_watermarks_come_after_what_made_the_clip() -> None:
    render = Step("studio.render", {}, source_type=SourceType.ALGORITHMIC)
    marks = [
        Step("vouch.watermark", {"payload": f"{number:016x}", "kind": number, "algorithm": name})
        for number, name in enumerate(("com.prosopon.stdm.1", "com.prosopon.hidden.1"))
    ]
    definition = Manifest.of((render, *marks), "out.mp4").definition
    assert [one["action"] for one in _actions(render, *marks)] == [
        "c2pa.created",
        "c2pa.watermarked.unbound",
        "c2pa.watermarked.unbound",
    ]
    found = [one["data"] for one in definition["assertions"] if one["label"] == WATERMARK_ASSERTION]
    assert found == [
        {"alg": "com.prosopon.stdm.1", "payload": "0000000000000000", "kind": 0},
        {"alg": "com.prosopon.hidden.1", "payload": "0000000000000001", "kind": 1},
    ]


def test_nothing_is_said_of_watermarks_or_training_unless_it_is_so() -> None:
    definition = Manifest.of((Step("studio.render", {}, source_type=SourceType.ALGORITHMIC),), "out.mp4").definition
    assert [one["label"] for one in definition["assertions"]] == ["c2pa.actions.v2", RUN_ASSERTION]
