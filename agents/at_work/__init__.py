"""What agents do at work: with a call, about its caller, and with what is left to them."""
