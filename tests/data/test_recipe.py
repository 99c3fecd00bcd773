"""Recipes: their keys, what of them is recorded, and which cannot be followed."""

import dataclasses
import hashlib
import json

import pytest

from colorization.data.prepared import prepare
from colorization.data.recipe import Recipe
from tests.data.image_files import RECIPE, SIZE


def test_keys_of_recipes():
    assert [
        Recipe(112, lab_before_resize=True).key,
        Recipe(56).key,
        Recipe(16, crop=False).key,
    ] == ["112px-crop-lab8", "56px-crop-rgb", "16px-stretch-rgb"]
    plain = Recipe(16)
    changes = {
        "size": 17,
        "crop": False,
        "lab_before_resize": True,
        "resample": "bicubic",
        "upsample": True,
        "drop_near_gray": True,
    }
    assert changes.keys() == {field.name for field in dataclasses.fields(Recipe)}
    keys = {dataclasses.replace(plain, **{name: value}).key for name, value in changes.items()}
    assert len(keys | {plain.key}) == 7


def test_optional_fields_are_recorded_only_where_they_are_set(source):
    """Digests of sets prepared before there were such fields must not change."""
    recipe = Recipe(SIZE, resample="bicubic", upsample=True)
    assert prepare(source, recipe).manifest["recipe"] == {
        "size": SIZE,
        "crop": True,
        "lab_before_resize": False,
        "resample": "bicubic",
        "upsample": True,
    }
    files = prepare(source, RECIPE).manifest["files"]
    listing = [[e["name"], e["split"], e["row"], e["sha256"]] for e in files]
    fields = {"size": SIZE, "crop": True, "lab_before_resize": False}
    text = json.dumps([listing, fields], sort_keys=True)
    assert prepare(source, RECIPE).digest == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("fields", [{"resample": "lanczos"}, {"resample": "bicubic"}])
def test_a_recipe_that_cannot_be_followed_is_refused(fields):
    with pytest.raises(ValueError, match="resample|bilinearly"):
        Recipe(SIZE, lab_before_resize=True, **fields)
