"""What the wire knows of each kind of answer: how it becomes a document. The mathematics is registered in science."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from resources.document import Document
from resources.forecast_document import forecast_document
from resources.mixed_document import mixed_document
from resources.regress_document import regress_document

DOCUMENTS: Mapping[str, Callable[[Mapping[str, object]], Document]] = {
    "regress": regress_document,
    "mixed": mixed_document,
    "forecast": forecast_document,
}
