"""Whether a voice was made or recorded: by cepstra and mixtures, and by a net that listens to the wave itself."""
