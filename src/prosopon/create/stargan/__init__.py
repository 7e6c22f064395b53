"""StarGAN: one net that edits several attributes of faces (Choi et al. 2018)."""
