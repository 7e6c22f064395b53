"""The learned watermark: two nets that were taught by real codecs, and a search that finds the mark in cut pictures."""
