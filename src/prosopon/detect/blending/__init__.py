"""Seams of faces that were blended in, learnt without one fake: self-blended images (Shiohara and Yamasaki 2022)."""
