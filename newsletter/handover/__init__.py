"""A finished issue for somebody else to send: as files, or as a draft in another system."""
