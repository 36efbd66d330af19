"""``python -m human_capture COMMAND …``; installed, ``human-capture COMMAND …``."""

from human_capture.command import main

if __name__ == "__main__":
    main()
