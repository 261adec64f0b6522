"""The pure catalog model: DCAT names, the law's terms beside them.

Here belongs what the Measures say a catalog entry is and must satisfy. Not here: storage, files, frameworks, data.
"""
