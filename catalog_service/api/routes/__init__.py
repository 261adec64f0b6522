"""One router per resource, each route a few statements."""
