"""Speech taken to pieces and made again, as every synthetic voice is in its last step; nobody's voice is imitated.

What is said, by whom and how stays that of the recording: only the step from a description of the sound back to
samples is artificial. That is what detectors of synthetic speech mostly hear, and it is all that they can learn here.
"""
