"""Our expression coefficients as those of the ICT Face Model Light, which are named after ARKit's."""

from __future__ import annotations

from prosopon.studio.person import Expression


def kit_weights(e: Expression, jaw: float, meet: float) -> dict[str, float]:
    """The kit's coefficients for ours. Its left is the person's own, ours is the picture's.

    Args:
        e: the expression.
        jaw: how much of `jawOpen` opens the mouth as wide as ours at 1.
        meet: how much of `mouthClose` brings the resting lips together.
    """
    smile, frown = max(e.smile, 0.0), max(-e.smile, 0.0)
    wide, narrow = max(e.mouth_wide, 0.0), max(-e.mouth_wide, 0.0)
    out = {
        "jawOpen": jaw * e.jaw_open,
        "mouthClose": meet * max(0.0, 1 - 4 * e.jaw_open),
        "mouthPucker": 0.75 * e.pucker + 0.35 * narrow,
        "mouthFunnel": 0.3 * e.pucker,
        "mouthRollUpper": 0.35 * e.lip_press,
        "mouthRollLower": 0.35 * e.lip_press,
    }
    for own, blink, brow, look in (
        ("R", e.blink_left, e.brow_raise_left, ("In", "Out")),
        ("L", e.blink_right, e.brow_raise_right, ("Out", "In")),
    ):
        out |= {
            f"mouthSmile_{own}": 0.9 * smile,
            f"cheekSquint_{own}": 0.3 * smile,
            f"mouthFrown_{own}": 0.9 * frown,
            f"mouthStretch_{own}": 0.45 * wide,
            f"mouthDimple_{own}": 0.5 * wide,
            f"mouthPress_{own}": 0.5 * e.lip_press,
            f"mouthUpperUp_{own}": 0.8 * e.upper_lip_raise,
            f"mouthLowerDown_{own}": 0.8 * e.lower_lip_drop,
            f"browInnerUp_{own}": 0.8 * max(brow, 0.0),
            f"browOuterUp_{own}": 0.9 * max(brow, 0.0),
            f"browDown_{own}": min(1.2, 0.7 * max(-brow, 0.0) + 0.9 * e.brow_frown),
            f"eyeBlink_{own}": min(1.0, max(blink, 0.0)),
            f"eyeWide_{own}": max(-blink, 0.0),
            f"eyeSquint_{own}": 0.8 * e.squint * (1 - max(blink, 0.0)),
            f"eyeLookUp_{own}": max(e.gaze_y, 0.0) * (1 - max(blink, 0.0)),
            f"eyeLookDown_{own}": max(-e.gaze_y, 0.0) * (1 - max(blink, 0.0)),
            f"eyeLook{look[0]}_{own}": max(e.gaze_x, 0.0),
            f"eyeLook{look[1]}_{own}": max(-e.gaze_x, 0.0),
            f"cheekPuff_{own}": e.cheek_puff,
        }
    return out
