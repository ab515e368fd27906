"""The standing of members: a ledger of points, ranks, badges, missions.

Follows the log of events and is called by nobody; reads threads and answers, never writes them.
"""
