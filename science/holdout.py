"""Rows held back to judge a fit by: the same rows every night, whatever is appended, removed or sent in another order."""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt

from science.table import BoolArray, Column, Numeric, Table

Hashes = npt.NDArray[np.uint64]

# SplitMix64's constants: Steele, Lea and Flood (2014), "Fast splittable pseudorandom number generators".
GAMMA = np.uint64(0x9E3779B97F4A7C15)
FIRST, SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
SHIFTS = (np.uint64(30), np.uint64(27), np.uint64(31))
WHOLE = 2.0**64


def split_by_content(table: Table, share: float) -> tuple[Table, Table]:
    """Hold back the rows whose hash falls under `share`: (the rest, the rows held back), each in the table's order.

    A row's hash is that of its values, and of how many equal rows stand before it. So a row is on the same side on every
    night, and no fit that was made without the rows held back has ever seen one of them.
    """
    held = _hashes(table) < share * WHOLE
    return _parted(table, held)


def split_at_end(table: Table, share: float) -> tuple[Table, Table]:
    """Hold back the last rows, for what has an order in time: (the past, the rest)."""
    held = np.arange(table.rows) >= table.rows - round(share * table.rows)
    return _parted(table, held)


def _parted(table: Table, held: BoolArray) -> tuple[Table, Table]:
    return table.take(np.flatnonzero(~held)), table.take(np.flatnonzero(held))


def _hashes(table: Table) -> Hashes:
    total = np.zeros(table.rows, dtype=np.uint64)
    with np.errstate(over="ignore"):  # arithmetic modulo 2**64 is meant
        for name in sorted(table.columns):
            total = _mixed(total * GAMMA + _text_hash(name) + _values_of(table[name]))
        return _mixed(total + GAMMA * _earlier_equals(total).astype(np.uint64))


def _values_of(column: Column) -> Hashes:
    if isinstance(column, Numeric):
        plain = np.where(column.missing, np.nan, column.values + 0.0)  # one NaN, and -0.0 is 0.0
        return _mixed(plain.view(np.uint64))
    levels = np.array([_text_hash(level) for level in (*column.levels, "")], dtype=np.uint64)  # -1 is the last
    return levels[column.codes]


def _text_hash(text: str) -> np.uint64:
    return np.uint64(int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big"))


def _mixed(values: Hashes) -> Hashes:
    z = values + GAMMA
    z = (z ^ (z >> SHIFTS[0])) * FIRST
    z = (z ^ (z >> SHIFTS[1])) * SECOND
    mixed: Hashes = z ^ (z >> SHIFTS[2])
    return mixed


def _earlier_equals(values: Hashes) -> npt.NDArray[np.intp]:
    """Count for each value how many equal ones stand before it."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    counts = np.empty(len(values), dtype=np.intp)
    counts[order] = np.arange(len(values)) - np.repeat(starts, np.diff(np.r_[starts, len(values)]))
    return counts
