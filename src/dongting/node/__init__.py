"""The one place where kernel, applications, engine and stores are joined."""
