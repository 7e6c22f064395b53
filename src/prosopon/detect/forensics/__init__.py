"""Faces that nets have painted, told by more than their finest grain (Xuan et al. 2019)."""
