"""StarGAN: one net that edits several attributes of a face (Choi et al. 2018)."""

from prosopon.models.stargan.discriminator import Discriminator
from prosopon.models.stargan.generator import Generator

__all__ = ["Discriminator", "Generator"]
