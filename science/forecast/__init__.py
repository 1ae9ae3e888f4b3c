"""Forecasts from stacked differences: difference, forecast what is left, undo the differences last in, first out."""
