"""Blinking: measured, shown beside what is usual, and never a verdict."""
