"""What a trained network is good for: photographs coloured, a demo, an export."""
