#!/bin/sh
# Run this folder on Azure Container Apps: container_apps.sh GROUP NAME SERVICE CODE
set -eu
group=$1 name=$2 service=$3 code=$4
connection=$(az signalr key list --resource-group "$group" --name "$service" \
    --query primaryConnectionString --output tsv)

az acr create --resource-group "$group" --name "$name" --sku Basic
az acr build --registry "$name" --image "$name:1" .
az containerapp env create --resource-group "$group" --name "$name-env"
az containerapp create --resource-group "$group" --name "$name" --environment "$name-env" \
    --image "$name.azurecr.io/$name:1" --registry-server "$name.azurecr.io" --registry-identity system \
    --ingress external --target-port 8000 --min-replicas 1 --max-replicas 10 \
    --secrets "signalr=$connection" "code=$code" \
    --env-vars AzureSignalRConnectionString=secretref:signalr UPSTREAM_CODE=secretref:code \
    --query properties.configuration.ingress.fqdn --output tsv
