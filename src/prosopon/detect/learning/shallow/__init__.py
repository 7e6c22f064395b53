"""Classifiers of measured features: a few arrays instead of a net, fitted in closed form."""
