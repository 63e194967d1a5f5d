"""TwiML as the exchange understands it: the verbs, and the reading of a document into them."""
