"""Nets that can be attacked through a photo of a head: what they do with it, with gradients, and how broken it gets."""
