"""The version of the numbers: it is part of every result's id, so a change of method asks every question anew."""

VERSION = "0.1.0"
ENGINE = f"lamplight {VERSION}"
