"""``python -m newsletter`` is the ``newsletter`` command."""

from newsletter.cli import main

if __name__ == "__main__":
    main()
