"""In-app notices and mail; the only place that sends mail.

Owns `Notification` and `Mail`. Subscribes to what happens in threads and to the account
events by which lower features have a mail written. Publishes `MailQueued`.
"""
