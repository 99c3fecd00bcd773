"""What report 000 concludes, in its order, and what would support it."""

from dataclasses import replace

from colorization.evidence.claims import IMPLIED, STATED, Claim
from colorization.evidence.criteria import Test, better, higher
from colorization.evidence.observations import (
    WINNING,
    health,
    near_gray,
    weak_discriminator,
    won,
)
from colorization.evidence.quantities import Epochs, Excess, Images, PerRun
from colorization.results.measures import MEASURES
from experiments.flower_gan.arms import PCT
from experiments.flower_gan.observed import (
    FAR,
    NEAR,
    OTHER_BUT_REAL,
    near,
    of_domain,
    stand_in,
    unfinished,
    unfinished_multi_domain,
    unlabelled,
)

# A domain is as hard as it is colourful: what lies above *mean ab given L* counts.
_landscapes = Excess("multi-domain", "ciede2000", subset=of_domain("landscape"))
_people = replace(_landscapes, subset=of_domain("people"))
_the_rest = replace(
    _landscapes,
    subset=("the rest", lambda name: not name.startswith(("landscape/", "people/"))),
)
_bleeds = Images("flowers", "bleed_excess")

CLAIMS = (
    Claim(
        "0.9",
        "Most of the colours on the multi-domain set are not similar to the original.",
        "abstract",
        STATED,
        (Test(Images("multi-domain", "ciede2000"), at_least=FAR),),
        aside=(
            Test(Images("multi-domain", "accuracy"), at_most=0.5),
            Test(Excess("multi-domain", "ciede2000", "gray"), at_least=0.0),
        ),
        unless=unfinished_multi_domain,
        confounders=f"not similar is read as a mean CIEDE2000 of {FAR:g} or more.",
    ),
    Claim(
        "0.10",
        "Landscapes are satisfying: their colours are not perfect, but believable.",
        "abstract, section 4.2",
        STATED,
        (Test(Images("multi-domain", "told_apart", subset=of_domain("landscape")), at_most=0.75),),
        unless=unlabelled,
        undecided=weak_discriminator("multi-domain"),
        aside=(Test(_landscapes, at_most=0.0),),
        confounders="believable is read as told from originals in three of four answers at most.",
    ),
    Claim(
        "0.1",
        "Flowers are coloured better than the multi-domain images, in colour and segmentation.",
        "abstract, sections 1 and 4",
        STATED,
        (
            Test(
                Excess("flowers", "colour_distance"),
                Excess("multi-domain", "colour_distance"),
                at_most=-MEASURES["colour_distance"].counts,
            ),
            replace(better("bleed_excess", "flowers", than="multi-domain"), across_sets=True),
        ),
        undecided=weak_discriminator("flowers", "multi-domain"),
        aside=(
            Test(Excess("flowers", "ciede2000"), Excess("multi-domain", "ciede2000"), at_most=-0.5),
            replace(better("ciede2000", "flowers", than="multi-domain"), across_sets=True),
        ),
        unless=stand_in,
        confounders="flowers are more colourful, so that the same skill leaves a larger distance: "
        "what lies above that of each set's mean ab given L counts.",
    ),
    Claim(
        "0.6",
        "Numerous multi-domain images are without colour already.",
        "section 2.2",
        STATED,
        (
            Test(
                PerRun("multi-domain", "share of images without colour", near_gray, form=PCT),
                at_least=0.05,
            ),
        ),
        unless=stand_in,
        aside=(better("ciede2000", "multi-domain-coloured", than="multi-domain"),),
        confounders="without colour is Zhang et al.'s rule: no a or b beyond 5 Lab units.",
    ),
    Claim(
        "0.7",
        "Lab with two channels to predict is easier than RGB with three.",
        "section 3.2",
        STATED,
        (
            better("ab_mae", "flowers", than="rgb"),
            better("colour_distance", "flowers", than="rgb"),
        ),
        undecided=weak_discriminator("flowers", "rgb"),
        aside=(better("ciede2000", "flowers", than="rgb"),),
        confounders="the RGB network has to give the lightness too; ab MAE leaves it out.",
    ),
    Claim(
        "0.2",
        "A batch of 16 is better than one of 64.",
        "section 3.2",
        STATED,
        (
            better("ciede2000", "flowers", than="batch-64"),
            better("colour_distance", "flowers", than="batch-64"),
        ),
        unless=unfinished,
        undecided=weak_discriminator("flowers", "batch-64"),
        aside=(
            better("ciede2000", "flowers", than="batch-64-equal-updates"),
            better("ab_mae", "flowers", than="batch-64"),
        ),
        confounders="at equal epochs, as the report compared them, a batch of 64 makes a quarter "
        "of the updates.",
    ),
    Claim(
        "0.3",
        "A learning rate of 2e-4 is better than 5e-4.",
        "section 3.2",
        IMPLIED,
        (
            better("ciede2000", "flowers", than="lr-5e-4"),
            better("colour_distance", "flowers", than="lr-5e-4"),
        ),
        unless=unfinished,
        undecided=weak_discriminator("flowers", "lr-5e-4"),
        aside=(
            better("ciede2000", "flowers", than="lr-1e-3"),
            better("ab_mae", "flowers", than="lr-5e-4"),
        ),
        confounders='the report says "the opposite" of the batch size, that larger is better, but '
        "went from 5e-4 down to 2e-4.",
    ),
    Claim(
        "0.4",
        "Dropout in the discriminator keeps it from winning.",
        "section 3.2.2",
        IMPLIED,
        (
            Test(
                Epochs("d-dropout-0", f"epochs with D accuracy above {WINNING:.0%}", won, form=PCT),
                Epochs("flowers", "", won, form=PCT),
                at_least=0.1,
            ),
        ),
        aside=(
            better("ciede2000", "flowers", than="d-dropout-0"),
            Test(
                Epochs("d-dropout-0", "D accuracy", "D_accuracy", form=PCT),
                Epochs("flowers", "", "D_accuracy", form=PCT),
                at_least=0.05,
            ),
        ),
        confounders="accuracy is that of the discriminator as it trains, with its own dropout, "
        "which lowers it whoever wins.",
        notes=lambda s: health(s, ("d-dropout-0", "d-dropout-0.25", "flowers")),
    ),
    Claim(
        "0.11",
        "The best flowers come out with little change from the original.",
        "section 4.1",
        STATED,
        (
            Test(
                PerRun("flowers", f"images with CIEDE2000 of {NEAR:g} or less", near, form=PCT),
                at_least=0.05,
            ),
        ),
        unless=unfinished,
        confounders="asked as whether there are any to speak of, one in twenty.",
    ),
    Claim(
        "0.12",
        "Flowers go wrong in colour where the segments are right.",
        "sections 4.1 and 5",
        STATED,
        (
            Test(Images("flowers", "ciede2000"), at_least=FAR),
            Test(_bleeds, at_most=MEASURES["bleed_excess"].counts),
            Test(Images("flowers", "edge_agreement"), at_least=0.5),
        ),
        unless=unfinished,
        confounders="the report shows examples, this asks the mean: colours far off, and no more "
        "of them changing inside a segment than in the originals, but where those do.",
    ),
    Claim(
        "0.8",
        "Wrong colours come from missing labels.",
        "sections 4.1 and 5",
        STATED,
        (higher("accuracy_coloured", "l1-100-class", than="l1-100"),),
        aside=(
            higher("accuracy_coloured", "class-conditional", than="flowers"),
            better("ciede2000", "class-conditional", than="flowers"),
            better("ab_mae", "class-conditional", than="flowers"),
        ),
        confounders="the discriminator is not shown the class, so that without a loss on pixels "
        "nothing asks the generator to colour by it, as in `class-conditional`; with one "
        "something does. The report has no such loss.",
    ),
    Claim(
        "0.13",
        "Flowers go wrong in the segments: one tulip gets four sections of different colours.",
        "section 4.1",
        STATED,
        (
            Test(_bleeds, at_least=MEASURES["bleed_excess"].counts),
            Test(Images("flowers", "edge_agreement"), at_most=0.5),
        ),
        unless=unfinished,
        confounders="the report shows an example, this asks the mean: more colour changing inside "
        "a segment than in the originals.",
    ),
    Claim(
        "0.5",
        "Landscapes come out best, people worst.",
        "section 4.2",
        STATED,
        (
            Test(_landscapes, _the_rest, at_most=-MEASURES["ciede2000"].counts),
            Test(_people, _the_rest, at_least=MEASURES["ciede2000"].counts),
        ),
        unless=unlabelled,
        undecided=weak_discriminator("multi-domain"),
        confounders="domains differ in how colourful they are: what lies above each one's mean ab "
        "given L counts. Half of the rest have no label.",
    ),
    Claim(
        "0.14",
        "Easy images of animals and things come out nicely.",
        "section 4.2",
        STATED,
        reason="no set says which of its photographs are easy",
    ),
    Claim(
        "0.15",
        "Some results are very realistic, with other colours than the original's.",
        "section 5",
        STATED,
        (Test(PerRun("flowers", *OTHER_BUT_REAL, PCT, ("told_apart",)), at_least=0.05),),
        unless=unfinished,
        undecided=weak_discriminator("flowers"),
        confounders="asked as whether there are any to speak of, one in twenty, that differ by "
        f"{FAR:g} or more and yet are not told from originals.",
    ),
    Claim(
        "0.16",
        "A generator trained beforehand would be an improvement.",
        "section 5",
        STATED,
        (better("colour_distance", "l1-first", than="flowers"),),
        aside=(better("ciede2000", "l1-first", than="flowers"),),
        undecided=weak_discriminator("l1-first", "flowers"),
        confounders="the report does not say on what; here it is L1 on the same flowers.",
    ),
)
