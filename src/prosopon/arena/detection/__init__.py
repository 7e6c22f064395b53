"""Detectors measured: how well they tell fakes from real clips, what their answers are worth, when there is none."""
