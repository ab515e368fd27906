"""Polls in threads. Stands on threads; publishes PollClosed."""
