"""Questions and what they lead to: accepted and certified answers, help for who waits.

Owns the marks on answers and everything about waiting questions; a question itself is a thread.
"""
