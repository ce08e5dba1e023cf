"""What others use to send the same digest, each a program of its own; `run` starts them."""
