import pytest

from errors import InvalidInput
from science.forecast.spec import ArmaOrders, BoxCox, Spec


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"h": 0}, "h"),
        ({"h": -1}, "h"),
        ({"h": 10**9}, "h"),
        ({"h": 1.5}, "h"),
        ({"h": True}, "h"),
        ({"level": ()}, "level"),
        ({"level": (95.0, 100.0)}, "level.1"),
        ({"level": (float("nan"),)}, "level.0"),
        ({"differences": (0,)}, "differences.0"),
        ({"differences": (12, -1)}, "differences.1"),
        ({"differences": (1,) * 7}, "differences"),
        ({"season": 0}, "season"),
        ({"season": 10**6}, "season"),
        ({"model": "prophet"}, "model"),
        ({"model": ArmaOrders(p=9)}, "model.p"),
        ({"model": ArmaOrders(Q=-1)}, "model.Q"),
        ({"transform": "sqrt"}, "transform"),
        ({"transform": BoxCox(9.0)}, "transform.boxcox"),
        ({"transform": BoxCox(float("nan"))}, "transform.boxcox"),
        ({"interval": "naive"}, "interval"),
        ({"missing": "zero"}, "missing"),
        ({"freq": "fortnight"}, "freq"),
        ({"aggregate": ((1, 13),)}, "aggregate.0"),
        ({"aggregate": ((2, 1),)}, "aggregate.0"),
        ({"origins": 0}, "backtest.origins"),
        ({"seed": -1}, "seed"),
        ({"likelihood": "s"}, "likelihood"),
    ],
)
def test_what_cannot_be_asked_names_its_field(spec, field):
    with pytest.raises(InvalidInput) as raised:
        Spec(**{"h": 12, **spec})
    assert raised.value.field == field
