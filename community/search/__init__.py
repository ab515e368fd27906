"""Finding: an index of what may be read, results, suggestions while typing, similar threads.

Two engines give the same answers: Whoosh files beside an SQLite database, full text of
PostgreSQL in a PostgreSQL one. Both hold the words that `search.words` makes of a text, so
accents, elisions and endings count for nothing on either. The index follows the log of events
(`search.indexer`, run by the worker), may be deleted at any time, and is never believed: what
it finds is read back through `threads.reach`. Stands on threads and what is below; publishes
SimilarAnswered.
"""
