"""What the tests of compare share."""

import re

from colorization.evidence.compare import compare

NAMES = ("a.jpg", "b.jpg", "c.jpg")

# Means: ab MAE 12, PSNR 20, SSIM 0.7, accuracy 0.5, edge F1 0.5, colourfulness 30, bleed 0.3, and
# chroma ratio (12 + 12 + 36) / (20 + 20 + 60) = 0.6, as of each image.
MEASURED = {
    "ab_mae": (10.0, 12.0, 14.0),
    "ab_mse": (200.0, 210.0, 220.0),
    "psnr": (19.0, 20.0, 21.0),
    "ssim": (0.6, 0.7, 0.8),
    "accuracy": (0.4, 0.5, 0.6),
    "edge_f1": (0.4, 0.5, 0.6),
    "colourfulness": (20.0, 30.0, 40.0),
    "bleed": (0.2, 0.3, 0.4),
    "chroma": (12.0, 12.0, 36.0),
    "chroma_true": (20.0, 20.0, 60.0),
}


def run(a, b, force=False, tolerance=1.0):
    """Exit status and what was said."""
    said = []
    status = compare(a, b, force=force, tolerance=tolerance, say=said.append)
    return status, "\n".join(said)


def row(text, heading):
    """Cells of a line of a table."""
    (line,) = [line for line in text.splitlines() if line.startswith(f"{heading}  ")]
    return re.split(r"\s{2,}", line)[1:]
