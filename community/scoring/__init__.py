"""The standing of members: a ledger of points, ranks, badges, missions, rewards.

Follows the log of events and is called by nobody; reads threads and answers, never writes them.
"""
