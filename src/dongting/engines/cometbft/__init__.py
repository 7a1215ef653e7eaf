"""The consortium engine: CometBFT v0.38 orders blocks, this process executes them (ABCI 2.0)."""
