"""The command `letters`, and `python -m letters`."""

from letters.cli.app import main

if __name__ == "__main__":
    main()
