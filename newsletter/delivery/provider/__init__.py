"""Handing over to a provider's HTTP API through django-anymail: many readers a call where the provider can."""
