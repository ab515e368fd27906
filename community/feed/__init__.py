"""What machines read: feeds, sitemaps, robots.txt, security.txt.

Owns no tables and publishes nothing. Everything here is what a stranger may read.
"""
