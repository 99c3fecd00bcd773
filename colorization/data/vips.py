"""libvips, loaded when a file needs it: ordinary JPEG, PNG and WebP files do not."""

import logging
import os
from functools import lru_cache


@lru_cache(maxsize=1)
def vips():
    """The module `pyvips`: one thread a photograph, as many are read at once, and silent."""
    os.environ.setdefault("VIPS_CONCURRENCY", "1")
    import pyvips

    logging.getLogger("pyvips").setLevel(logging.CRITICAL)  # it raises what matters

    pyvips.cache_set_max(0)
    return pyvips
