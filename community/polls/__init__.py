"""Polls in threads: one for each thread, single, several or ranked, with known or secret voters.

Owns polls, their options and ballots. Stands on threads, which say who sees one. Publishes
`PollOpened`, `PollChanged`, `PollVoted`, `PollClosed` and `PollRemoved`; hears the clock's
`PollsDue`, which closes those whose time is over.
"""
