"""What upsampling leaves in the spectrum of a face: azimuthal averages and cosine transforms."""
