"""The pages for users: README.md and docs."""
