import os
import re

from serverless_hub.errors import ConfigurationError
from serverless_hub.protocol.endpoint import parse_connection_string

CONNECTION_STRING_SETTING = "AzureSignalRConnectionString"


def read_endpoints(name=CONNECTION_STRING_SETTING, environ=os.environ):
    text = environ.get(name)
    return [] if text is None else [parse_connection_string(text)]


def resolve_setting(text, environ=os.environ):
    def sub(m):
        if m[1] not in environ:
            raise ConfigurationError(f"%{m[1]}% missing")
        return environ[m[1]]

    return re.sub(r"%([^%]+)%", sub, text)
