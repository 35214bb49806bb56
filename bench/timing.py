"""Takes turns, so that whatever else the machine does falls on everything measured alike."""

import gc
import random
import statistics
import time
from collections.abc import Callable, Mapping

WARM_UP = 30  # rounds not counted: caches fill, statements are prepared
COUNTED = 3  # one round in so many
ORDER = 20260101  # the same shuffles in every run


def interleaved(
    measured: Mapping[str, Callable[[], object]], gauge: Callable[[], object], rounds: int
) -> dict[str, list[float]]:
    """The seconds that each of `measured` took in the quietest third of `rounds`, in a new order every round.

    How quiet a round was is what `gauge` took just before and after it: always the same small work, which
    nothing but the rest of the machine makes slower. So what is left out does not depend on what is measured.
    Nothing is collected as garbage inside a timing; what a round left behind is collected after it.
    """
    order, shuffle = list(measured), random.Random(ORDER).shuffle
    taken: list[dict[str, float]] = []
    gauged: list[float] = []
    gc.collect()
    gc.freeze()
    for _ in range(WARM_UP + rounds):
        shuffle(order)
        before = timed(gauge)
        taken.append({name: timed(measured[name]) for name in order})
        gauged.append(before + timed(gauge))
        gc.collect()
    gc.unfreeze()
    quietest = sorted(range(WARM_UP, WARM_UP + rounds), key=gauged.__getitem__)[: rounds // COUNTED]
    return {name: [taken[number][name] for number in quietest] for name in measured}


def timed(run: Callable[[], object]) -> float:
    gc.disable()
    begun = time.perf_counter()
    run()
    seconds = time.perf_counter() - begun
    gc.enable()
    return seconds


def median(seconds: list[float]) -> float:
    """The median, in milliseconds."""
    return statistics.median(seconds) * 1000
