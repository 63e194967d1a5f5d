"""Families of measurements from plain values: a gauge or counter by its labels, a histogram from what was measured."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeAlias

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

WAIT_BUCKETS: Final = (5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0)

By: TypeAlias = Mapping[tuple[str, ...], float]
"""A value for each combination of labels."""


def gauge(name: str, words: str, labels: Sequence[str], values: By) -> Metric:
    """What is so now."""
    family = GaugeMetricFamily(name, words, labels=labels)
    for own, value in sorted(values.items()):
        family.add_metric(list(own), value)
    return family


def counter(name: str, words: str, labels: Sequence[str], values: By) -> Metric:
    """What happened since midnight UTC: `_total` is put behind `name`."""
    family = CounterMetricFamily(name, words, labels=labels)
    for own, value in sorted(values.items()):
        family.add_metric(list(own), value)
    return family


def histogram(
    name: str,
    words: str,
    labels: Sequence[str],
    measured: Iterable[tuple[tuple[str, ...], float]],
    *,
    buckets: Sequence[float] = WAIT_BUCKETS,
) -> Metric:
    """How what was measured is spread."""
    by_labels: defaultdict[tuple[str, ...], list[float]] = defaultdict(list)
    for own, value in measured:
        by_labels[own].append(value)
    family = HistogramMetricFamily(name, words, labels=labels)
    for own, values in sorted(by_labels.items()):
        up_to = [(str(bucket), float(sum(value <= bucket for value in values))) for bucket in buckets]
        family.add_metric(list(own), [*up_to, ("+Inf", float(len(values)))], sum(values))
    return family
