"""The invisible watermark: 64 bits in the pixels of a picture or video, which survive what happens to files."""
