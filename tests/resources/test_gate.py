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
    while len(gate._waiting) < WAITING_PER_TURN:
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


def test_whoever_has_waited_longest_is_next():
    gate, release, order = Gate(1, patience=5), Event(), []

    def work(name: str) -> None:
        with gate.turn():
            order.append(name)

    holder, waiting = hold(gate, release), []
    for number in range(5):
        waiting.append(Thread(target=work, args=(f"waiting {number}",)))
        waiting[-1].start()
        while len(gate._waiting) <= number:
            release.wait(0.001)
    release.set()
    work("just come")
    for thread in (holder, *waiting):
        thread.join()
    assert [name for name in order if name != "just come"] == [f"waiting {number}" for number in range(5)]


def test_a_turn_that_was_given_up_is_lost_to_nobody():
    gate, release = Gate(1, patience=0.05), Event()
    holder = hold(gate, release)
    for _ in range(3):
        with pytest.raises(Busy), gate.turn():
            pass
    release.set()
    holder.join()
    with gate.turn():
        pass
