"""Quality: score cards, evaluations of conversations, disputes, calibration, and what is drawn to be evaluated next."""
