"""Image sets of files that are never decoded."""


def fill(folder, count, start=0, suffix=".jpg"):
    """Empty files that are never the same: their contents are their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(start, start + count):
        (folder / f"{i}{suffix}").write_text(f"{folder}/{i}")


def fill_classes(folder, source, count):
    for name in source.classes:
        fill(folder / name, count)


def counts(files):
    return {split: len(paths) for split, paths in files.items()}
