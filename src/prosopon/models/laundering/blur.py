"""A Gaussian blur."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter
from torch import Tensor

from prosopon.core.clip import Frame
from prosopon.core.errors import UsageError
from prosopon.models.image_losses.filters import filtered, gaussian_window
from prosopon.models.image_losses.items import exact


@dataclass(frozen=True)
class Blur:
    """Blurred with a Gaussian that is cut off at three sigma: 11 pixels for 1.5.

    Beyond the border the picture is mirrored about its outermost pixels. Pillow, as most programs, makes a Gaussian of
    three box blurs and repeats the border instead.
    """

    sigma_px: float = 1.5
    """Standard deviation in pixels, 0 or more."""

    def __post_init__(self) -> None:
        if not 0 <= self.sigma_px < math.inf:
            raise UsageError(f"a picture cannot be blurred by {self.sigma_px}", "use 0 pixels or more")

    def __call__(self, images: Tensor) -> Tensor:
        """`(B, 3, H, W)` in [0, 1]."""
        if self.sigma_px == 0:
            return images
        size = 2 * math.ceil(3 * self.sigma_px) + 1
        return filtered(images, gaussian_window(size, self.sigma_px, exact(images)), "reflect")

    def real(self, picture: Frame) -> Frame:
        """Pillow's `GaussianBlur`."""
        return np.asarray(Image.fromarray(picture).filter(ImageFilter.GaussianBlur(self.sigma_px)))
