"""Numbers of report 001 that the suite can be checked against."""

from colorization.evidence.references import Reference, baseline, logged

# The reference's numbers are of the authors' own plot and of the data (protocol, verified); the
# tolerances are how well they could be read off. (arm, quantity, expected, tolerance, measured)
PLOTTED = (1, 11, 51, 101, 201, 500)  # the plot counts epochs from 0

REFERENCES = (
    *(
        Reference("regression", f"training MSE, epoch {epoch}", expected, 10, logged("loss", epoch))
        for epoch, expected in zip(PLOTTED, (269, 215, 109, 49, 26, 13), strict=True)
    ),
    *(
        Reference(
            "regression",
            f"validation MSE, epoch {epoch}",
            expected,
            20 if epoch < 100 else 10,
            logged("val_loss", epoch),
        )
        for epoch, expected in zip(PLOTTED, (184, 152, 206, 215, 191, 181), strict=True)
    ),
    Reference("regression", "MSE of ab = 0, test", 283, 1, baseline("gray", "ab_mse")),
    Reference("regression", "MSE of mean ab, test", 221, 1, baseline("mean-ab", "ab_mse")),
    Reference(
        "regression", "MSE of E[ab given L], test", 216, 1, baseline("mean-ab-given-L", "ab_mse")
    ),
    Reference(
        "regression", "MSE of ab = 0, validation", 210, 1, baseline("gray", "ab_mse", split="val")
    ),
    Reference(
        "regression",
        "MSE of mean ab, validation",
        160,
        1,
        baseline("mean-ab", "ab_mse", split="val"),
    ),
    Reference(
        "forms-56",
        "share of white, test [%]",
        94.9,
        0.1,
        baseline("gray", "accuracy", percent=True),
    ),
    Reference(
        "forms-56",
        "share of white, validation [%]",
        95.2,
        0.1,
        baseline("gray", "accuracy", split="val", percent=True),
    ),
)
