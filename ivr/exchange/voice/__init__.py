"""Voice at the exchange: telephones in browsers, mixing, recordings, prompts that are heard."""
