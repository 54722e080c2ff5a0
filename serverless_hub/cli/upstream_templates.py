"""Upstream settings for the hubs of an app, in the forms in which Azure and the emulators take them.

Source: Azure docs `concept-upstream.md`; the resource `Microsoft.SignalRService/signalR` of API version 2024-03-01; the
help of `az signalr upstream update`; `signalr-howto-emulator.md`.
"""

import json
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

__all__ = ["FORMATS", "Format", "UpstreamItem"]

Format = Literal["arm", "bicep", "az", "emulator"]
_RESOURCE = "Microsoft.SignalRService/signalR"
_API_VERSION = "2024-03-01"
_MODE: "_Value" = {"flag": "ServiceMode", "value": "Serverless"}
_Value = dict[str, "_Value"] | list["_Value"] | str | int


@dataclass(frozen=True, slots=True)
class UpstreamItem:
    """Where the events of some hubs go."""

    url: str
    """With the query that the app wants, if any."""
    hubs: Sequence[str]
    resource: str | None = None
    """The audience of the Entra token that the app wants, if it does."""

    def properties(self) -> dict[str, _Value]:
        """Return it with the names of Azure's resource."""
        found: dict[str, _Value] = {
            "urlTemplate": self.url,
            "hubPattern": ",".join(self.hubs),
            "categoryPattern": "*",
            "eventPattern": "*",
        }
        if self.resource is None:
            return found
        return {**found, "auth": {"type": "ManagedIdentity", "managedIdentity": {"resource": self.resource}}}


def _properties(items: Sequence[UpstreamItem]) -> dict[str, _Value]:
    return {"features": [_MODE], "upstream": {"templates": [item.properties() for item in items]}}


def _resource(items: Sequence[UpstreamItem]) -> dict[str, _Value]:
    """Return the fields of a resource below its name and its location."""
    needs_identity = any(item.resource is not None for item in items)
    identity: dict[str, _Value] = {"identity": {"type": "SystemAssigned"}} if needs_identity else {}
    found: dict[str, _Value] = {"sku": {"name": "Free_F1", "capacity": 1}, "kind": "SignalR"}
    return {**found, **identity, "properties": _properties(items)}


def _arm(items: Sequence[UpstreamItem]) -> str:
    document = {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "parameters": {
            "name": {"type": "string"},
            "location": {"type": "string", "defaultValue": "[resourceGroup().location]"},
        },
        "resources": [
            {
                "type": _RESOURCE,
                "apiVersion": _API_VERSION,
                "name": "[parameters('name')]",
                "location": "[parameters('location')]",
                **_resource(items),
            }
        ],
    }
    return json.dumps(document, indent=2)


def _bicep(items: Sequence[UpstreamItem]) -> str:
    body = "".join(f"  {name}: {_bicep_value(value, '  ')}\n" for name, value in _resource(items).items())
    return (
        "param name string\n"
        "param location string = resourceGroup().location\n\n"
        f"resource signalr '{_RESOURCE}@{_API_VERSION}' = {{\n"
        "  name: name\n"
        "  location: location\n"
        f"{body}}}"
    )


def _bicep_value(value: _Value, indent: str) -> str:
    inner = f"{indent}  "
    if isinstance(value, dict):
        lines = [f"{inner}{name}: {_bicep_value(each, inner)}\n" for name, each in value.items()]
        return f"{{\n{''.join(lines)}{indent}}}"
    if isinstance(value, list):
        lines = [f"{inner}{_bicep_value(each, inner)}\n" for each in value]
        return f"[\n{''.join(lines)}{indent}]"
    if isinstance(value, int):
        return str(value)
    escaped = value.replace("\\", "\\\\").replace("'", "\\'").replace("${", "\\${")
    return f"'{escaped}'"


def _az(items: Sequence[UpstreamItem]) -> str:
    lines = ['az signalr update --name "$SIGNALR" --resource-group "$GROUP" --service-mode Serverless']
    if any(item.resource is not None for item in items):
        # The command has no option for the token of a managed identity; that of all resources sets any property.
        properties = shlex.quote(json.dumps([item.properties() for item in items]))
        lines.append('az signalr identity assign --identity "[system]" --name "$SIGNALR" --resource-group "$GROUP"')
        lines.append(
            f'az resource update --name "$SIGNALR" --resource-group "$GROUP" --resource-type {_RESOURCE} \\\n'
            f"  --api-version {_API_VERSION} --set properties.upstream.templates={properties}"
        )
    else:
        templates = "".join(
            f" \\\n  --template url-template={shlex.quote(item.url)} hub-pattern={shlex.quote(','.join(item.hubs))} "
            "category-pattern='*' event-pattern='*'"
            for item in items
        )
        lines.append(f'az signalr upstream update --name "$SIGNALR" --resource-group "$GROUP"{templates}')
    return "\n".join(lines)


def _emulator(items: Sequence[UpstreamItem]) -> str:
    templates = [{_capital(name): _capitals(value) for name, value in item.properties().items()} for item in items]
    return json.dumps({"UpstreamSettings": {"Templates": templates}}, indent=2)


def _capitals(value: _Value) -> _Value:
    return {_capital(name): _capitals(each) for name, each in value.items()} if isinstance(value, dict) else value


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]


FORMATS: Mapping[Format, Callable[[Sequence[UpstreamItem]], str]] = {
    "arm": _arm,
    "bicep": _bicep,
    "az": _az,
    "emulator": _emulator,
}
"""What writes each."""
