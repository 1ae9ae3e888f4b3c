import pytest

from errors import DeadlineExceeded
from science.deadline import Deadline, no_deadline


def test_time_is_over_only_after_its_end() -> None:
    now = [5.0]
    deadline = Deadline(5.0, lambda: now[0])
    deadline.check()
    now[0] = 5.1
    with pytest.raises(DeadlineExceeded):
        deadline.check()


def test_without_a_deadline_nothing_stops() -> None:
    no_deadline().check()
