#!/bin/sh
# Run this folder on Azure App Service: app_service.sh GROUP NAME SERVICE CODE
set -eu
group=$1 name=$2 service=$3 code=$4
connection=$(az signalr key list --resource-group "$group" --name "$service" \
    --query primaryConnectionString --output tsv)

az webapp up --resource-group "$group" --name "$name" --runtime PYTHON:3.13 --sku B1
az webapp config appsettings set --resource-group "$group" --name "$name" \
    --settings "AzureSignalRConnectionString=$connection" "UPSTREAM_CODE=$code" SCM_DO_BUILD_DURING_DEPLOYMENT=true
az webapp config set --resource-group "$group" --name "$name" --always-on true \
    --startup-file "python -m serverless_hub.cli run app:app --host 0.0.0.0 --port 8000"
