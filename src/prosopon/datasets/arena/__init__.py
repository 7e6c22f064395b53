"""Originals and fakes made of them, for detectors to learn from and be measured on."""
