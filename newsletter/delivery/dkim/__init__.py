"""DKIM signatures made in this process (RFC 6376, RFC 8463), over what ``delivery.message`` has compiled."""
