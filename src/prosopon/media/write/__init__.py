"""Writes clips. Synthetic media goes through `prosopon.vouch.publish`, which calls this."""

from prosopon.media.write.dispatch import encode
from prosopon.media.write.quality import Quality

__all__ = ["Quality", "encode"]
