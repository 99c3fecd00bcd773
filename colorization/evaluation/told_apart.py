"""Whether coloured photographs can be told from originals, by their colours alone.

A small fixed classifier, ridge regression on features that were fixed beforehand and are the same
for every method, has to say of single images which they are. Half of what it sees are originals.
Both sides are the displayed 8-bit images, of one size and never compressed, and both have the
original's L beside them: neither a method's own lightness nor values that no 8-bit image has are a
clue.
"""

import numpy as np

from colorization.evaluation.metrics import correlation, gradient_norm

FOLDS = 10

PENALTY = 0.1  # on the squared weights of standardised features, an image

LIGHTNESS = (35, 65)  # L between classes

CHROMA = (6, 15, 30)  # Lab units: gray below the first

OCTANTS = 8  # of hue

OUTLINES = (2, 8)  # gradient of L, units a pixel

GRADIENTS = (0.5, 1, 2, 4, 8, 16)  # of ab, Lab units a pixel

BLOCK = 4  # pixels; the larger blocks are of as many of these

QUANTILES = (0.1, 0.5, 0.9)


def features(L: np.ndarray, *colours: np.ndarray) -> np.ndarray:
    """What the classifier sees of an original and of what it was made of it.

    Args:
        L: of the original, `[H, W]`.
        colours: of each, ab as displayed, `[H, W, 2]` in Lab units.

    Returns:
        `[len(colours), 107]`: the roots of the shares of pixels by lightness, chroma and hue (75),
        and by gradient of L and of ab (21); the correlations over pixels of a, b and the gradient
        of ab with L and its gradient (3); how much ab varies within blocks of 4 and of 16 pixels,
        and in the median block by how much more than L does (8).
    """
    outline = gradient_norm(L[..., None])
    light, steep = _places(L, LIGHTNESS), _places(outline, OUTLINES)
    of_L = _deviations(L[..., None])

    def of_one(ab):
        slope = gradient_norm(ab)
        found = [
            *_shares(light, _colour(ab), 1 + OCTANTS * len(CHROMA)),
            *_shares(steep, _places(slope, GRADIENTS), 1 + len(GRADIENTS)),
            *(correlation(ab[..., 0], L), correlation(ab[..., 1], L), correlation(slope, outline)),
        ]
        for own, light_s in zip(_deviations(ab), of_L, strict=True):
            found += [*np.quantile(own, QUANTILES), np.median(own - light_s)]
        return found

    return np.array([of_one(ab) for ab in colours])


def _places(values, edges):
    """Number of each value's class between edges, from 0."""
    return sum((values >= edge).astype(int) for edge in edges)


def _colour(ab):
    """Number of each pixel's colour: 0 for gray, else by ring of chroma and octant of hue."""
    a, b = ab[..., 0], ab[..., 1]
    ring = _places(a * a + b * b, np.square(CHROMA))
    octant = 4 * (a > 0) + 2 * (b > 0) + (np.abs(a) > np.abs(b))
    return np.where(ring, 1 + (ring - 1) * OCTANTS + octant, 0)


def _shares(first, second, seconds):
    """Roots of the shares of pixels by two classes, the first of three."""
    counts = np.bincount((first * seconds + second).ravel(), minlength=3 * seconds)
    return np.sqrt(counts / first.size)


def _deviations(channels):
    """log(1 + standard deviation) in blocks of 4 and of 16 pixels; in what there is of smaller."""
    means, squares, found = channels, np.square(channels), []
    for _ in range(2):
        means, squares = _block_means(means), _block_means(squares)
        variance = (squares - np.square(means)).sum(axis=-1)
        found.append(np.log1p(np.sqrt(np.maximum(variance, 0))))
    return found


def _block_means(channels):
    """Means of blocks of 4 x 4, `[H, W, C]` to `[H // 4, W // 4, C]`."""
    for _ in range(2):  # along rows, then columns
        size = min(BLOCK, len(channels))
        whole = len(channels) // size * size
        channels = sum(channels[i:whole:size] for i in range(size)).swapaxes(0, 1) / size
    return channels


def told_apart(originals: np.ndarray, coloured: np.ndarray) -> np.ndarray:
    """The classifier's accuracy on images that it has not seen, by cross-validation.

    In ten folds, the same for every method; an original and what was made of it are always in the
    same, so that nothing is known of a photograph that is judged.

    Args:
        originals, coloured: `features` of N photographs, `[N, F]`.

    Returns:
        `[N]`: the share of right answers on each pair, 0, 1/2 or 1, a score of exactly 0 being half
        of one. The mean is the accuracy: 1/2 where nothing tells them apart, exactly so for the
        originals themselves; NaN for a single photograph.
    """
    count, right = len(originals), np.full(len(originals), np.nan)
    fold = np.random.default_rng(0).permutation(count) % FOLDS
    for one in range(min(FOLDS, count) if count > 1 else 0):
        held = fold == one
        weights, scale = _ridge(originals[~held], coloured[~held])
        middle = np.concatenate([originals[~held], coloured[~held]]).mean(axis=0)
        scores = [((side[held] - middle) / scale) @ weights for side in (originals, coloured)]
        right[held] = (2 + np.sign(scores[0]) - np.sign(scores[1])) / 4
    return right


def _ridge(originals, coloured) -> tuple[np.ndarray, np.ndarray]:
    """Weights of standardised features, and what these were divided by.

    Answers are +1 and -1, as many of each. What weighs is the mean of the pairs' differences, which
    is exactly 0 between equal images.
    """
    both = np.concatenate([originals, coloured])
    scale = both.std(axis=0)
    scale = np.where(scale > 1e-9, scale, np.inf)  # a feature that all share says nothing
    given = (both - both.mean(axis=0)) / scale
    squares = given.T @ given / len(both) + PENALTY * np.eye(len(scale))
    return np.linalg.solve(squares, ((originals - coloured) / scale).mean(axis=0) / 2), scale
