"""`python -m letters` and the installed `letters`."""

from letters.cli.app import main

if __name__ == "__main__":
    main()
