"""What else report 000's stored results tell, and what they cannot."""

from collections.abc import Callable

from colorization.data.lab_arrays import MultiDomain
from colorization.data.mirflickr import Mirflickr
from colorization.evidence.observations import fewer_epochs
from colorization.results.runs import StoredRun
from colorization.results.stored import Stored
from experiments.flower_gan.arms import flowers

FAR, NEAR = 10.0, 5.0  # CIEDE2000; 1 is about a just noticeable difference


def of_domain(domain: str) -> tuple[str, Callable[[str], bool]]:
    """The photographs of a domain, which is their folder."""
    return domain, lambda name: name.startswith(f"{domain}/")


def stand_in(stored: Stored) -> str:
    run = stored.first("multi-domain")
    if run.data["source"].startswith((MultiDomain.name, Mirflickr.name)):
        return ""
    return f"the multi-domain set was not there; {run.data['title']} stand in for it"


def unlabelled(stored: Stored) -> str:
    """Why it is not known what the multi-domain set's photographs show, or ""."""
    run = stored.first("multi-domain")
    if run.data["source"].startswith(Mirflickr.name):
        return ""
    return stand_in(stored) or "the multi-domain set does not say what its photographs show"


unfinished = fewer_epochs("flowers", flowers.config.epochs)


def unfinished_multi_domain(stored: Stored) -> str:
    return stand_in(stored) or fewer_epochs("multi-domain", flowers.config.epochs)(stored)


def near(run: StoredRun) -> float:
    """Share of test images that come out near their originals."""
    images = run.images
    return (images["ciede2000"][images["split"] == "test"] <= NEAR).mean()


def _far_and_not_told(run: StoredRun) -> float:
    """Share of test images far from their originals, and yet not told from them."""
    images = run.images[run.images["split"] == "test"]
    return ((images["ciede2000"] >= FAR) & (images["told_apart"] <= 0.5)).mean()


OTHER_BUT_REAL = "images far from the original and not told from it", _far_and_not_told
