"""Bringing a community in from elsewhere, whole and repeatably.

May import threads and below. Publishes nothing: what happened elsewhere, years ago,
must not notify anybody or earn points today.
"""
