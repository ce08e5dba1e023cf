"""What goes in and out, as OpenAPI tells it, by subject."""
