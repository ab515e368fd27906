"""Accounts, roles, sessions, profile, privacy.

Owns `Member` and how one signs in. May import brands and below. Publishes
the events headed "Members" in `community.events`.
"""
