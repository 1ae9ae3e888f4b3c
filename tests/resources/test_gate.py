from threading import Event, Thread

import pytest

from errors import Busy
from resources.gate import WAITING_PER_TURN, Gate


def hold(gate: Gate, release: Event) -> Thread:
    inside = Event()

    def work() -> None:
        with gate.turn():
            inside.set()
            release.wait(5)

    thread = Thread(target=work)
    thread.start()
    assert inside.wait(5)
    return thread


def test_a_turn_is_refused_when_none_comes_free_in_time():
    gate, release = Gate(1, patience=0.05), Event()
    holder = hold(gate, release)
    with pytest.raises(Busy, match="in time"), gate.turn():
        pass
    release.set()
    holder.join()


def test_a_full_queue_refuses_at_once():
    gate, release = Gate(1, patience=5), Event()
    holder = hold(gate, release)
    waiting = [Thread(target=lambda: gate.turn().__enter__()) for _ in range(WAITING_PER_TURN)]
    for thread in waiting:
        thread.daemon = True
        thread.start()
    while gate._places._value:
        release.wait(0.001)
    with pytest.raises(Busy, match="waiting already"), gate.turn():
        pass
    release.set()
    holder.join()


def test_a_turn_is_given_back_after_a_failure():
    gate = Gate(1, patience=0.05)
    with pytest.raises(ZeroDivisionError), gate.turn():
        raise ZeroDivisionError
    with gate.turn():
        pass
