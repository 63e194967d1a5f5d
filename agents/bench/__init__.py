"""`pult bench`: what a centre is asked to do, on a throw-away centre; the tools that measure it are in config/bench."""
