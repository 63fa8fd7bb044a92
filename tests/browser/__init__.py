"""Pages of the reports in a real browser: on screens, for the keyboard, for screen readers, on paper."""
