"""Git repositories and worktrees, through the git program. Every call may wait: use the pool."""
