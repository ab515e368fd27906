"""In-app notices and mail; the only place that sends mail.

Owns `Notification` and `Mail`. Subscribes to what happens in threads and to
`MailRequested`, by which lower features ask for a mail. Publishes `MailQueued`.
"""
