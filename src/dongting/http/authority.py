"""Under which addresses a node is reached: what a signed request may name, and where its forms come from."""

from urllib.parse import urlsplit

from dongting.node.config import Config


def scheme_of(config: Config) -> str:
    """The scheme by which callers reach this node."""
    return "https" if config.http.behind_tls else urlsplit(config.public_url).scheme


def authorities(config: Config, port: int | None = None) -> frozenset[str]:
    """The hosts that a request may name: the public one, and this machine's own.

    `port` is the one really listened on, where the configuration leaves the choice to the system.
    """
    public = urlsplit(config.public_url)
    names = {public.netloc.lower()}
    if config.http.host in ("127.0.0.1", "::1", "localhost") or not config.http.behind_tls:
        hosts = {config.http.host, "127.0.0.1", "localhost"}
        names |= {
            f"[{h}]:{port or config.http.port}" if ":" in h else f"{h}:{port or config.http.port}"
            for h in hosts
        }
    return frozenset(names)
