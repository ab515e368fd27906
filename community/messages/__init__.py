"""Private conversations: threads that only their participants read, between members and with
the brand.

Owns who blocks whom and the reports of private messages; who is in a conversation stands beside
the thread. Stands on threads, whose services keep the posts. Publishes `PersonAdded`,
`PersonLeft`, `ConversationRead`, `MessageReported` and `ReportDecided`.
"""
