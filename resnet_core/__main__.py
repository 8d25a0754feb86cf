"""`python -m resnet_core`: the command line."""

from resnet_core.commands.root import main

if __name__ == "__main__":
    main()
