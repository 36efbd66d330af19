# What this project uses of ikomia 0.16.1, which ships no types. tests/house/test_typings.py holds
# every name here to the installed package.
