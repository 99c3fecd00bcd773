"""Measures of colorization, one definition each (`docs/measures.md` explains them).

Everything here takes one image, or labels, as NumPy arrays. "Displayed" means converted to 8-bit
sRGB, as a viewer would see it.
"""

import numpy as np
from scipy import ndimage
from skimage import color, metrics

from colorization.colour.ab_grid import BINS

AUC_RADIUS = 150  # Lab units

EDGE = 10.0  # Lab units a pixel: the least gradient of ab that is an edge

FLAT = 5.0  # Lab units a pixel: the gradient of L below which there is no outline

TOLERANCE = 2  # pixels between an edge and its counterpart

EVEN = 0.01  # Lab units a pixel: gradients that vary by less show nothing, but for rounding


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
        of ab, Lab units); colourfulness (Hasler and Suesstrunk, of the displayed prediction);
        edge_agreement, edge_f1, bleed and bleed_true (see `edge_agreement`, `edge_f1` and `bleed`,
        the last of the original).
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
        "edge_agreement": edge_agreement(lab[..., 1:], ab_predicted),
        "edge_f1": edge_f1(lab[..., 1:], ab_predicted),
        "bleed": bleed(lab[..., 0], ab_predicted),
        "bleed_true": bleed(lab[..., 0], lab[..., 1:]),
    }


def gradient_norm(channels: np.ndarray) -> np.ndarray:
    """Norm of the central-difference gradient over all channels, `[H, W, C]` to `[H, W]`."""
    planes = np.moveaxis(channels, -1, 0)  # one by one, which is three times as fast
    slopes = [np.gradient(np.ascontiguousarray(plane)) for plane in planes]
    return np.sqrt(sum(np.square(slope) for both in slopes for slope in both))


def edge_agreement(ab: np.ndarray, ab_predicted: np.ndarray) -> float:
    """Pearson correlation over pixels of the norms of the two ab gradients.

    Args:
        ab, ab_predicted: `[H, W, 2]` in Lab units.

    Returns:
        in [-1, 1]; 0 for a prediction whose gradient is the same everywhere, such as gray; NaN
        where the original's is.
    """
    true, predicted = gradient_norm(ab), gradient_norm(ab_predicted)
    if true.std() < EVEN:
        return float("nan")
    return correlation(true, predicted) if predicted.std() >= EVEN else 0.0


def correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Pearson's, over pixels; 0 where one of them does not vary."""
    first, second = first - first.mean(), second - second.mean()
    squares = np.square(first).sum() * np.square(second).sum()
    return float((first * second).sum() / np.sqrt(squares)) if squares else 0.0


def edge_f1(ab: np.ndarray, ab_predicted: np.ndarray) -> float:
    """F1 of the predicted chroma edges: pixels whose ab gradient exceeds 10 Lab units a pixel.

    Precision is the share of predicted edge pixels with an original one within 2 pixels, recall
    the share of original ones with a predicted one.

    Args:
        ab, ab_predicted: `[H, W, 2]` in Lab units.

    Returns:
        in [0, 1]; NaN where the original has no edge.
    """
    true, predicted = gradient_norm(ab) > EDGE, gradient_norm(ab_predicted) > EDGE
    if not true.any():
        return float("nan")
    if not predicted.any():
        return 0.0
    window = {"structure": np.ones((3, 3)), "iterations": TOLERANCE}
    precision = ndimage.binary_dilation(true, **window)[predicted].mean()
    recall = ndimage.binary_dilation(predicted, **window)[true].mean()
    return float(2 * precision * recall / (precision + recall)) if precision + recall else 0.0


def bleed(L: np.ndarray, ab_predicted: np.ndarray) -> float:
    """Share of the predicted ab gradient where lightness has no outline (under 5 units a pixel).

    Args:
        L: `[H, W]`; ab_predicted: `[H, W, 2]`, Lab units.

    Returns:
        in [0, 1]; NaN for a prediction without any gradient.
    """
    strength = gradient_norm(ab_predicted)
    total = strength.sum()
    flat = gradient_norm(L[..., None]) < FLAT
    return float(strength[flat].sum() / total) if total > 0 else float("nan")


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
