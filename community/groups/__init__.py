"""Groups of members: open, on request or closed, with owners. Categories may name one."""
