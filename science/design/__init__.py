"""From a formula and a table to the matrix of a model, with the recipe that makes the same columns of new rows."""

from science.design.build import Design, build
from science.design.recipe import NewRows, Recipe

__all__ = ["Design", "NewRows", "Recipe", "build"]
