"""`python -m ihomer` is the command `ihomer`."""

from ihomer.cli import main

if __name__ == "__main__":
    main()
