"""Readers of data sets in the forms that they are published in, one file a layout. None of them downloads anything.

Everywhere a fake is 1, whatever the published lists say.
"""
