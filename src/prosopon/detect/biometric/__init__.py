"""How one person moves: correlations of face and head signals, to tell whether it is them."""
