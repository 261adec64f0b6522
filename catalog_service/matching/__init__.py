"""One data, one source, in the catalog (Art. 15): which fields say the same, judged from names, scope, formats and values.

Here: pure functions and an index in memory. Not here: what is stored of findings (store), who decides on them (services),
how values are read (pipelines).
"""
