"""PURE: what becomes of the worktree of a session."""
