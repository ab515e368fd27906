"""The back-office shell: menu, home, deliveries, what was removed.

A face over everything; other features bring their pages through `ADMIN_PAGES` in
`community.wiring`. Publishes nothing of its own.
"""
