"""The turns of a call: what the carrier asks, answered by the flow, once for each number."""
