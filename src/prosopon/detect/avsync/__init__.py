"""Whether a mouth moves as the sound that is heard with it would have it move."""
