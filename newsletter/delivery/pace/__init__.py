"""How fast: token buckets that all workers share, caps a day, connections, and slowing down by oneself."""
