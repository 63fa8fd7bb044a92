"""Performance, as ratios against named peers."""
