"""The house: a centre composed of its packages, and the programs that it runs as."""
