"""What changes from frame to frame as it does in no footage: a CNN and an LSTM (after Güera and Delp 2018)."""
