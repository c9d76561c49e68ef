"""Telling: a folder of evidence becomes text, HTML and JUnit; derived, never evidence."""
