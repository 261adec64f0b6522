"""The demo city and the big inputs of the benchmarks: generated, seeded, with known truth.

Everything here is made up except the names of divisions and of laws. No Dagster, no network, no clock.
"""
