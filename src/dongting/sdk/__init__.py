"""The client: build, sign, send and verify, also offline."""
