"""Arenas made: originals taken from footage, portraits and rendered people, and fakes of them by our own generators."""
