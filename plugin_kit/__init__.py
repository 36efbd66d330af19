"""What the plugins share, written once: ``make vendor`` copies it into each of them.

A module here imports nothing of this project but its neighbours, and these relatively, so that it
works under any package's name.
"""
