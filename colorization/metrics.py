"""Measures of colorization, one definition each (`docs/measures.md` explains them).

Everything here takes one image, or labels, as NumPy arrays. "Displayed" means converted to 8-bit
sRGB, as a viewer would see it.
"""

import numpy as np
from skimage import color, metrics

from colorization.ab_bins import BINS

AUC_RADIUS = 150  # Lab units


def image_measures(
    lab: np.ndarray, rgb: np.ndarray, ab_predicted: np.ndarray, rgb_predicted: np.ndarray
) -> dict[str, float]:
    """The measures that belong to one image.

    Args:
        lab: the original, `[H, W, 3]` in Lab units.
        rgb: the original as displayed, uint8 `[H, W, 3]`.
        ab_predicted: `[H, W, 2]` in Lab units.
        rgb_predicted: the prediction joined to the original's L, as displayed, uint8.

    Returns:
        ab_mae, ab_mse (Lab units, over pixels and both channels); ciede2000 (mean over pixels, of
        the displayed images); psnr (dB) and ssim of the displayed images; auc (share of pixels
        within an ab distance, averaged over distances 0..150); chroma and chroma_true (mean norm
        of ab, Lab units); colourfulness (Hasler and Suesstrunk, of the displayed prediction).
    """
    error = ab_predicted - lab[..., 1:]
    identical = np.array_equal(rgb, rgb_predicted)
    return {
        "ab_mae": np.abs(error).mean(),
        "ab_mse": np.square(error).mean(),
        "ciede2000": color.deltaE_ciede2000(
            color.rgb2lab(rgb), color.rgb2lab(rgb_predicted)
        ).mean(),
        "psnr": np.inf if identical else metrics.peak_signal_noise_ratio(rgb, rgb_predicted),
        "ssim": metrics.structural_similarity(rgb, rgb_predicted, channel_axis=2),
        "auc": auc_of_pixels(error).mean(),
        "chroma": np.linalg.norm(ab_predicted, axis=-1).mean(),
        "chroma_true": np.linalg.norm(lab[..., 1:], axis=-1).mean(),
        "colourfulness": colourfulness(rgb_predicted),
    }


def auc_of_pixels(error: np.ndarray) -> np.ndarray:
    """Each pixel's part in the area under the curve of accuracy against tolerance.

    A pixel at ab distance d counts as right for every tolerance t >= d of 0, 1, ..., 150; its
    share of right tolerances, averaged over pixels, is the AuC of Zhang et al. (2016).

    Args:
        error: difference in ab, `[..., 2]`, Lab units.

    Returns:
        `[...]` in [0, 1].
    """
    distance = np.ceil(np.linalg.norm(error, axis=-1))
    return np.clip(AUC_RADIUS + 1 - distance, 0, None) / (AUC_RADIUS + 1)


def colourfulness(rgb: np.ndarray) -> float:
    """M3 of Hasler and Suesstrunk (2003), on signed differences of 8-bit sRGB.

    Args:
        rgb: uint8 `[H, W, 3]`.

    Returns:
        0 for gray; about 33 "moderately" and 82 "highly colourful" in the authors' study.
    """
    red, green, blue = np.moveaxis(rgb.astype("float64"), -1, 0)
    red_green, yellow_blue = red - green, (red + green) / 2 - blue
    spread = np.hypot(red_green.std(), yellow_blue.std())
    offset = np.hypot(red_green.mean(), yellow_blue.mean())
    return float(spread + 0.3 * offset)


class ClassCounts:
    """Counts per true bin, gathered over a set, for the measures that weigh every colour alike."""

    def __init__(self):
        self.pixels = np.zeros(BINS)
        self.right = np.zeros(BINS)
        self.auc = np.zeros(BINS)

    def add(self, true_bins: np.ndarray, predicted_bins: np.ndarray, auc: np.ndarray) -> None:
        """Add pixels: bins `[...]` in 0..312, and `auc_of_pixels` of the same shape."""
        true, right = true_bins.ravel(), (true_bins == predicted_bins).ravel()
        self.pixels += np.bincount(true, minlength=BINS)
        self.right += np.bincount(true, weights=right, minlength=BINS)
        self.auc += np.bincount(true, weights=auc.ravel(), minlength=BINS)

    def measures(self) -> dict[str, float]:
        """accuracy, accuracy_balanced, auc_balanced (means over the bins that occur), majority."""
        occurs = self.pixels > 0
        return {
            "accuracy": self.right.sum() / self.pixels.sum(),
            "accuracy_balanced": (self.right[occurs] / self.pixels[occurs]).mean(),
            "auc_balanced": (self.auc[occurs] / self.pixels[occurs]).mean(),
            "majority": self.pixels.max() / self.pixels.sum(),
        }
