"""What is measured of a centre, for whoever watches it: computed when asked, from rows and processes' own counts."""
