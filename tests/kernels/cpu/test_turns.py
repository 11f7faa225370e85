"""Turns: every number is somebody's, and nobody's twice."""

import threading

import numpy as np

from synth_datamodule.kernels.cpu.turns import taken
from synth_datamodule.numerics.compiled import kernel

COUNT = 200_000


@kernel
def take_all(turns, own):
    number, count = 0, 0
    while True:
        number = taken(turns.ctypes.data, 1)
        if number >= own.shape[0]:
            return count
        own[number] += 1
        count += 1


def test_threads_that_take_turns_share_all_numbers_without_one_twice():
    turns, begin = np.zeros(1, np.int64), threading.Barrier(4)
    shares = np.zeros((4, COUNT), np.int64)
    counts = [0] * 4
    take_all(np.full(1, COUNT), shares[0])  # compiled before they begin

    def work(k):
        begin.wait()
        counts[k] = take_all(turns, shares[k])

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (shares.sum(axis=0) == 1).all()
    assert sum(counts) == COUNT
    assert turns[0] == COUNT + 4
