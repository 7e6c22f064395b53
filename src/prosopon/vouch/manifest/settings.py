"""The one place that tells the C2PA library what it may do: no network that was not asked for, no thumbnails."""

from __future__ import annotations

from importlib.metadata import version

import c2pa

SDK = f"c2pa-python {version('c2pa-python')}, c2pa-rs {c2pa.sdk_version()}"
"""The validator, for reports."""


def context(trust_anchors: str | None = None) -> c2pa.Context:
    """Settings for one signing or one validation.

    Args:
        trust_anchors: PEM of the roots that are trusted; without any, every signer is untrusted.
    """
    settings: dict[str, object] = {
        "version": 1,
        "verify": {
            "verify_trust": True,
            "verify_after_sign": True,
            "remote_manifest_fetch": False,
            "ocsp_fetch": False,
        },
        "builder": {
            # The automatic thumbnail is 130 KB in a file that can be looked at anyway; ours is added where it is asked
            # for.
            "thumbnail": {"enabled": False},
            # What we assert ourselves, as against what is carried over without our vouching for it.
            "created_assertion_labels": [
                "c2pa.actions",
                "c2pa.ingredient",
                "c2pa.thumbnail.claim",
                "cawg.training-mining",
                "com.prosopon.run",
                "com.prosopon.watermark",
            ],
        },
    }
    if trust_anchors is not None:
        settings["trust"] = {"trust_anchors": trust_anchors}
    return c2pa.Context.from_dict(settings)
