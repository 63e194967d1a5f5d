"""Documents for the carrier: what a turn says and asks, as TwiML."""
