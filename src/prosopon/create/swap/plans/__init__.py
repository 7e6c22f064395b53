"""Plans of face-swapping autoencoders, and nets built from them."""

from prosopon.create.swap.plans.build import build

__all__ = ["build"]
