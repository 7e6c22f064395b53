"""Watermarks measured: how much they are seen, what they survive, what they cost, and how seldom they are imagined."""
