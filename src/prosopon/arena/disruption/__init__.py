"""Protection measured: what an attack made against some nets leaves of the answers of all, after each laundering."""
