"""Prompt packs: recordings that say in themselves what they speak; listed, made, checked and played."""
