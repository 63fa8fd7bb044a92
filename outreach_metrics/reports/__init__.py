"""Notebooks -> reports. The only room that writes files and the only one that runs notebooks."""
