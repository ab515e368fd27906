"""Two brands to look at: what `make run` shows on a new machine.

The content is in `lune.json` and `velora.json`, written for this demo, with the
pictures beside them. Dates are told as distances from the moment of loading.
"""
