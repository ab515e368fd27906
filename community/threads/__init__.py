"""The spine: categories, tags, threads, posts, drafts, revisions, votes, follows.

Everything a member writes is a post in a thread. May import media and below.
Publishes `ThreadStarted`, `PostAdded`, `PostEdited`, `PostHidden`, `PostDeleted`,
`PostRestored`, `HelpfulVoteGiven`, `HelpfulVoteWithdrawn`, `ThreadLocked`, `ThreadUnlocked`,
`ThreadPinned`, `ThreadUnpinned`, `ThreadMoved`, `ThreadsMerged`, `ThreadSplit`,
`ThreadRetagged`, `ThreadKindChanged`, `ThreadSlowed`, `StaffActTold`, `ActUndone`.
"""
