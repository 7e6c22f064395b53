"""Image-quality measures of faces."""
