"""`python -m prosopon`: the same as the command `prosopon`."""

from prosopon.app.main import entry

if __name__ == "__main__":
    entry()
