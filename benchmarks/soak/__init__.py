"""Many conversions, many faults, many kills, and then the count: `make soak`.

A run without faults says what is to arrive. Then the same clients, invented from the same seed, are synced again and
again against a sandbox that fails at random, by processes that are killed at random, until the time is over and all
is delivered. What the platforms counted must be what was to arrive: nothing lost, nothing twice, every value right.
"""
