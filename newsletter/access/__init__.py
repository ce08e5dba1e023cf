"""Who may use the API: tokens of programs, their scopes, and the answers they may ask for twice."""
