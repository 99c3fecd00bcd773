"""The names of the scales at which a report is run, largest first."""

SCALES = {
    "full": "the report's own settings",
    "small": "the same, shrunk for a two-core CPU",
    "smoke": "the whole path on generated images, in a minute or two",
}
