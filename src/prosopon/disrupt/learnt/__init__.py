"""What changes that are learnt beforehand share: what they learn from, how, and how they are put into a photo."""
