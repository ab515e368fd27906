"""Uploads: pictures re-encoded, their metadata removed, served inert.

Owns `Upload`. May import members and below. Publishes `PictureDiscarded`.
"""
