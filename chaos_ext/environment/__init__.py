"""Where we are: which targets there are, how to reach each, and what may be done to it."""
