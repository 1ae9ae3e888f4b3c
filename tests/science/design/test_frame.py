import time
from pathlib import Path

import numpy as np
import pytest

from errors import FormulaError
from science.design import build
from science.design.functions import FUNCTIONS
from science.table import Numeric, Table
from tests.science.formula.tables import LIMITS

DOCS = Path(__file__).parents[3] / "docs" / "formulas.md"


def test_a_misspelt_name_among_a_thousand_long_ones_is_refused_at_once() -> None:
    columns = {f"{'a' * 150}{i:03d}{'b' * 40}": Numeric(np.zeros(3)) for i in range(999)}
    table = Table({"y": Numeric(np.zeros(3)), **columns}, 3)
    started = time.process_time()
    with pytest.raises(FormulaError, match="there are y, a"):
        build(f"y ~ {'a' * 150}b", table, LIMITS)
    assert time.process_time() - started < 0.05  # 1 ms when nothing else runs


def test_at_most_twenty_columns_are_listed() -> None:
    table = Table({f"c{i}": Numeric(np.zeros(3)) for i in range(50)}, 3)
    with pytest.raises(FormulaError, match="c19 and 30 more"):
        build("zzz ~ c1", table, LIMITS)


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_every_function_is_in_the_docs(name: str) -> None:
    assert f"`{name}" in DOCS.read_text()
