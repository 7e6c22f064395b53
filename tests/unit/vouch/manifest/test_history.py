"""The history tree: what it says, and that no stranger's data can make it endless, huge, or dangerous to show."""

from __future__ import annotations

import html.parser
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from prosopon.vouch.manifest.history import DEEPEST, MOST_ACTIONS, MOST_NODES, Node, history_of
from prosopon.vouch.manifest.history_page import tree_fragment
from prosopon.vouch.manifest.history_text import tree_lines
from prosopon.vouch.manifest.strangers_text import shown, shown_or_none
from prosopon.vouch.manifest.thumbnails import Thumbnails, encoded_anew
from prosopon.vouch.manifest.verify import Manner, verify

HOSTILE = "</small><script>alert(1)</script>\x1b[31m\u202e\x00\n'\"&"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda some: st.lists(some, max_size=3) | st.dictionaries(st.text(max_size=5), some, max_size=3),
    max_leaves=8,
)


def _manifest(*below: str, **more: Any) -> dict[str, Any]:
    ingredients = [
        {"title": f"{label}.png", "relationship": "parentOf", "active_manifest": label, "label": f"c2pa.ingredient.{i}"}
        for i, label in enumerate(below)
    ]
    return {"title": "t", "ingredients": ingredients, "assertions": [], "signature_info": {}, **more}


def _tree(manifests: dict[str, Any], **more: Any) -> Node:
    found = history_of({"active_manifest": "a", "manifests": manifests, **more})
    assert found is not None
    return found


def test_a_real_history(shared: Path) -> None:
    report = verify(shared / "media" / "c2pa" / "rs_CIE-sig-CA.jpg", manner=Manner(thumbnails=True))
    root = report.history
    assert root is not None
    assert [node.title for node in root] == ["CIE-sig-CA.jpg", "E-sig-CA.jpg", "A.jpg"]
    assert [node.relationship for node in root] == [None, "componentOf", "parentOf"]
    assert [node.signature for node in root] == ["valid", "invalid", "none"]
    (part,) = root.parts
    assert part.recorded.failure == ("claimSignature.mismatch",)
    assert "signingCredential.untrusted" in part.now.failure
    assert [action.name for action in root.actions] == ["c2pa.created", "c2pa.placed", "c2pa.resized"]
    assert root.actions[0].source_types == ("http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia",)
    assert root.ai == (), "a program without a trained model is not called AI"
    assert root.generator == "make_test_images 0.55.0"
    assert all(node.has_thumbnail for node in root)
    for node in root:
        with Image.open(io.BytesIO(node.thumbnail or b"")) as picture:
            assert picture.format == "JPEG"
            assert max(picture.size) == 320
            assert picture.info.keys() <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    lines = list(tree_lines(root))
    assert lines[0] == "CIE-sig-CA.jpg (image/jpeg)"
    assert any("E-sig-CA.jpg" in line and line.startswith("└─ put in: ") for line in lines)
    assert any("the signature does not hold" in line for line in lines)
    assert tree_fragment(root).count("<img ") == 3
    assert verify(shared / "media" / "c2pa" / "rs_CIE-sig-CA.jpg").history != root, "thumbnails only where asked for"


def test_a_circle_ends() -> None:
    root = _tree({"a": _manifest("b"), "b": _manifest("a")})
    assert [node.remark for node in root] == [None, None, "its history leads back to itself"]


def test_a_missing_manifest_is_named() -> None:
    (part,) = _tree({"a": _manifest("gone")}).parts
    assert (part.title, part.has_credential, part.remark) == ("gone.png", False, "its credential is missing")
    assert history_of({"active_manifest": "gone", "manifests": {"a": _manifest()}}) is None
    assert history_of({}) is None
    assert history_of({"active_manifest": ["a"], "manifests": 3}) is None


def test_depth_is_bounded() -> None:
    chain = {str(i): _manifest(str(i + 1)) for i in range(4000)}
    root = _tree({**chain, "a": _manifest("0")})
    nodes = list(root)
    assert len(nodes) == DEEPEST + 1
    assert nodes[-1].remark == "what lies deeper is not shown"


def test_size_is_bounded() -> None:
    """Twenty manifests that each hold the next one three times would make 3^20 nodes."""
    root = _tree({"a": _manifest(*["0"] * 3), **{str(i): _manifest(*[str(i + 1)] * 3) for i in range(19)}})
    assert len(list(root)) <= MOST_NODES + DEEPEST
    wide = _tree({"a": _manifest(*["gone"] * 5000)})
    assert len(wide.parts) == MOST_NODES - 1
    assert wide.remark is not None
    assert "4501 more" in wide.remark


def test_actions_are_bounded() -> None:
    actions = [{"action": "c2pa.edited"}] * 5000
    root = _tree({"a": _manifest(assertions=[{"label": "c2pa.actions", "data": {"actions": actions}}])})
    assert len(root.actions) == MOST_ACTIONS


def test_what_a_signer_says_about_training() -> None:
    entries = {"cawg.ai_training": {"use": "notAllowed"}, "cawg.data_mining": {"use": "constrained"}, "x": 3}
    root = _tree({"a": _manifest(assertions=[{"label": "cawg.training-mining", "data": {"entries": entries}}])})
    assert root.training == (
        "training of AI: not allowed",
        "mining of text and data: allowed under conditions",
        "x: None",
    )


def test_ai_is_named_with_its_place() -> None:
    address = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
    said = {
        "actions": [
            {"action": "c2pa.edited", "digitalSourceType": address, "softwareAgent": {"name": "x"}, "when": "y"}
        ]
    }
    root = _tree({"a": _manifest(assertions=[{"label": "c2pa.actions.v2", "data": said}])})
    assert root.ai == ("made or changed in part by AI (a trained model): action c2pa.edited",)
    (action,) = root.actions
    assert (action.software, action.when, action.words) == ("x", "y", "edited")


class _Tags(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        assert {name for name, _ in attrs} <= {"class", "src", "alt"}
        if tag != "img":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_a_stranger_cannot_steer() -> None:
    said = [{"action": HOSTILE, "description": HOSTILE, "softwareAgent": HOSTILE, "when": HOSTILE}]
    root = _tree(
        {
            "a": _manifest(
                title=HOSTILE,
                format=HOSTILE,
                claim_generator=HOSTILE,
                signature_info={"issuer": HOSTILE, "common_name": HOSTILE, "time": HOSTILE},
                ingredients=[{"title": HOSTILE, "relationship": HOSTILE, "format": HOSTILE}],
                assertions=[
                    {"label": "c2pa.actions", "data": {"actions": said}},
                    {"label": HOSTILE, "data": {"digitalSourceType": f"{HOSTILE}/trainedAlgorithmicMedia"}},
                    {"label": "cawg.training-mining", "data": {"entries": {HOSTILE: {"use": HOSTILE}}}},
                ],
            )
        }
    )
    for line in tree_lines(root):
        assert line.isprintable()
    page = tree_fragment(root)
    assert "<script" not in page
    seen = _Tags()
    seen.feed(page)
    assert seen.tags <= {"ul", "li", "b", "small"}
    assert seen.open == []
    json.dumps(root.as_json())


@settings(deadline=None)
@given(JSON, st.dictionaries(st.sampled_from(["title", "ingredients", "assertions", "thumbnail", "format"]), JSON))
def test_any_json_gives_a_tree_or_none(anything: Any, manifest: Any) -> None:
    history_of({"active_manifest": "a", "manifests": anything, "validation_results": anything})
    for store in (
        {"active_manifest": "a", "manifests": {"a": {**manifest, "x": 1}}, "validation_results": anything},
        {"active_manifest": "a", "manifests": {"a": {"assertions": [anything], "ingredients": [anything, manifest]}}},
        {"active_manifest": "a", "manifests": {"a": {"signature_info": anything, "claim_generator_info": [anything]}}},
    ):
        root = history_of(store, Thumbnails(lambda _: b""))
        assert root is not None
        assert all(line.isprintable() for line in tree_lines(root))
        json.dumps(root.as_json())


@settings(deadline=None)
@given(st.text())
def test_shown_text_is_one_printable_line(text: str) -> None:
    assert shown(text).isprintable()
    assert len(shown(text * 50)) <= 201
    assert shown_or_none(text) is None or shown_or_none(text) == shown(text)


def _png(size: tuple[int, int] = (900, 600), **more: Any) -> bytes:
    encoded = io.BytesIO()
    Image.effect_noise(size, 30).convert("RGB").save(encoded, "PNG", **more)
    return encoded.getvalue()


def test_a_thumbnail_keeps_nothing_but_pixels() -> None:
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", "<script>alert(1)</script>")
    content = _png(pnginfo=text, icc_profile=b"profile" * 9, exif=b"Exif\0\0secret") + b"<script>behind</script>"
    made = encoded_anew(content, "image/png")
    assert made is not None
    assert content.count(b"script") == 4
    for part in (b"script", b"profile", b"secret"):
        assert part not in made
    with Image.open(io.BytesIO(made)) as picture:
        assert picture.size == (320, 213)


@pytest.mark.parametrize("kind", ["image/svg+xml", "application/pdf", "text/html", "image/tiff", "image/PNG", ""])
def test_other_types_are_not_opened(kind: str) -> None:
    assert encoded_anew(_png(), kind) is None


def test_a_file_of_another_type_than_it_says_is_refused() -> None:
    assert encoded_anew(_png(), "image/jpeg") is None
    assert encoded_anew(b"<svg onload='alert(1)'/>", "image/png") is None


def test_a_picture_that_unfolds_to_gigabytes_is_refused() -> None:
    encoded = io.BytesIO()
    Image.new("1", (60_000, 60_000)).save(encoded, "PNG")
    assert encoded_anew(encoded.getvalue(), "image/png") is None


def test_damaged_pictures_are_left_out() -> None:
    content = _png((64, 64))
    rng = np.random.default_rng(3)
    for _ in range(60):
        damaged = bytearray(content[: rng.integers(1, len(content))])
        damaged[rng.integers(len(damaged))] ^= 255
        made = encoded_anew(bytes(damaged), "image/png")
        assert made is None or made.startswith(b"\xff\xd8")


def test_thumbnails_are_fetched_once_and_not_without_end() -> None:
    asked = []

    def fetch(identifier: str) -> bytes:
        asked.append(identifier)
        return _png((8, 8))

    thumbnails = Thumbnails(fetch)
    for i in range(200):
        thumbnails({"format": "image/png", "identifier": str(i % 100)})
    assert len(asked) == 60
    assert thumbnails({"format": "image/png", "identifier": 3}) is None
    assert thumbnails({"format": ["x"], "identifier": "3"}) is None
    assert Thumbnails(lambda _: None)({"format": "image/png", "identifier": "x"}) is None
