"""The doors for programs: JSON over HTTP, described by OpenAPI, opened by tokens with scopes."""
