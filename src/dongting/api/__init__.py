"""The HTTP API: routes declared beside their handlers, one error shape, OpenAPI from the declarations."""
