"""What the tests of claims share."""

import numpy as np

RANDOM = np.random.default_rng(0)

NAMES = tuple(f"{i}.jpg" for i in range(200))
