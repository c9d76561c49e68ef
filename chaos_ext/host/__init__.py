"""A plain process of the lab's own, to be starved, filled up and watched."""
