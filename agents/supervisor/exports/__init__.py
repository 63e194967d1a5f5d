"""Files of calls, made by a worker slice by slice, sealed until whoever asked takes them."""
